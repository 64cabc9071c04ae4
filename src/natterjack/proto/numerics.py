"""Every numeric reply, once: its code and its text.

``text`` is the last parameter, a :meth:`str.format` template whose fields the sender fills in; ``None`` where all
parameters come from the sender.

Source: https://modern.ircdocs.horse/#numerics, except where a specification is named.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Numeric(Struct, frozen=True):
    """``code`` is three digits; ``text`` as the module says."""

    code: str
    text: str | None = None


RPL_WELCOME: Final = Numeric("001", "Welcome to {network}, {source}")
RPL_YOURHOST: Final = Numeric("002", "Your host is {server}, running version natterjack-{version}")
RPL_CREATED: Final = Numeric("003", "This server was started {started}")
RPL_MYINFO: Final = Numeric("004")
RPL_ISUPPORT: Final = Numeric("005", "are supported by this server")
RPL_STATSKLINE: Final = Numeric("216")
RPL_ENDOFSTATS: Final = Numeric("219", "End of STATS report")
RPL_UMODEIS: Final = Numeric("221")
RPL_STATSUPTIME: Final = Numeric("242", "Server up {days} days {clock}")
RPL_STATSOLINE: Final = Numeric("243")
RPL_LUSERCLIENT: Final = Numeric("251", "There are {visible} users and {invisible} invisible on 1 server")
RPL_LUSEROP: Final = Numeric("252", "operator(s) online")
RPL_LUSERUNKNOWN: Final = Numeric("253", "unregistered connection(s)")
RPL_LUSERCHANNELS: Final = Numeric("254", "channels formed")
RPL_LUSERME: Final = Numeric("255", "I have {users} clients and 0 servers")
RPL_ADMINME: Final = Numeric("256", "Administrative info")
RPL_ADMINLOC1: Final = Numeric("257")
RPL_ADMINLOC2: Final = Numeric("258")
RPL_ADMINEMAIL: Final = Numeric("259")
RPL_LOCALUSERS: Final = Numeric("265", "Current local users {users}, max {most}")
RPL_GLOBALUSERS: Final = Numeric("266", "Current global users {users}, max {most}")
RPL_WHOISCERTFP: Final = Numeric("276", "has client certificate fingerprint {fingerprint}")
#: ACCEPT, as Charybdis has it: https://defs.ircdocs.horse/defs/numerics
RPL_ACCEPTLIST: Final = Numeric("281")
RPL_ENDOFACCEPT: Final = Numeric("282", "End of ACCEPT list")
RPL_AWAY: Final = Numeric("301")
RPL_USERHOST: Final = Numeric("302")
RPL_ISON: Final = Numeric("303")
RPL_UNAWAY: Final = Numeric("305", "You are no longer marked as being away")
RPL_NOWAWAY: Final = Numeric("306", "You have been marked as being away")
RPL_WHOISUSER: Final = Numeric("311")
RPL_WHOISSERVER: Final = Numeric("312")
RPL_WHOISOPERATOR: Final = Numeric("313", "is an operator of this server")
RPL_WHOWASUSER: Final = Numeric("314")
RPL_ENDOFWHO: Final = Numeric("315", "End of WHO list")
RPL_WHOISIDLE: Final = Numeric("317", "seconds idle, signon time")
RPL_ENDOFWHOIS: Final = Numeric("318", "End of WHOIS list")
RPL_WHOISCHANNELS: Final = Numeric("319")
RPL_LISTSTART: Final = Numeric("321", "Users  Name")
RPL_LIST: Final = Numeric("322")
RPL_LISTEND: Final = Numeric("323", "End of LIST")
RPL_CHANNELMODEIS: Final = Numeric("324")
RPL_CREATIONTIME: Final = Numeric("329")
RPL_WHOISACCOUNT: Final = Numeric("330", "is logged in as")
RPL_NOTOPIC: Final = Numeric("331", "No topic is set")
RPL_TOPIC: Final = Numeric("332")
RPL_TOPICWHOTIME: Final = Numeric("333")
#: https://ircv3.net/specs/extensions/bot-mode
RPL_WHOISBOT: Final = Numeric("335", "is a bot")
RPL_INVITELIST: Final = Numeric("336")
RPL_ENDOFINVITELIST: Final = Numeric("337", "End of INVITE list")
RPL_WHOISACTUALLY: Final = Numeric("338", "is actually using host")
RPL_INVITING: Final = Numeric("341")
RPL_INVEXLIST: Final = Numeric("346")
RPL_ENDOFINVEXLIST: Final = Numeric("347", "End of channel invite exception list")
RPL_EXCEPTLIST: Final = Numeric("348")
RPL_ENDOFEXCEPTLIST: Final = Numeric("349", "End of channel exception list")
RPL_VERSION: Final = Numeric("351")
RPL_WHOREPLY: Final = Numeric("352")
RPL_NAMREPLY: Final = Numeric("353")
#: https://ircv3.net/specs/extensions/whox
RPL_WHOSPCRPL: Final = Numeric("354")
RPL_ENDOFLINKS: Final = Numeric("365", "End of LINKS list")
RPL_ENDOFNAMES: Final = Numeric("366", "End of NAMES list")
RPL_BANLIST: Final = Numeric("367")
RPL_ENDOFBANLIST: Final = Numeric("368", "End of channel ban list")
RPL_ENDOFWHOWAS: Final = Numeric("369", "End of WHOWAS")
RPL_INFO: Final = Numeric("371")
RPL_MOTD: Final = Numeric("372")
RPL_ENDOFINFO: Final = Numeric("374", "End of INFO list")
RPL_MOTDSTART: Final = Numeric("375", "- {server} Message of the day -")
RPL_ENDOFMOTD: Final = Numeric("376", "End of MOTD")
RPL_WHOISHOST: Final = Numeric("378")
RPL_WHOISMODES: Final = Numeric("379")
RPL_YOUREOPER: Final = Numeric("381", "You are an operator of this server now")
RPL_REHASHING: Final = Numeric("382", "Reading the configuration again")
RPL_TIME: Final = Numeric("391")
ERR_NOSUCHNICK: Final = Numeric("401", "No such nick or channel")
ERR_NOSUCHSERVER: Final = Numeric("402", "No such server")
ERR_NOSUCHCHANNEL: Final = Numeric("403", "No such channel")
ERR_CANNOTSENDTOCHAN: Final = Numeric("404", "Cannot send to channel ({why})")
ERR_TOOMANYCHANNELS: Final = Numeric("405", "You are in {limit} channels, and may not be in more")
ERR_WASNOSUCHNICK: Final = Numeric("406", "There was no such nick")
ERR_TOOMANYTARGETS: Final = Numeric("407", "Too many targets: at most {limit}. Nothing was sent")
ERR_NOORIGIN: Final = Numeric("409", "No origin specified")
#: https://ircv3.net/specs/extensions/capability-negotiation
ERR_INVALIDCAPCMD: Final = Numeric("410", "Invalid CAP command")
ERR_NORECIPIENT: Final = Numeric("411", "No recipient given ({command})")
ERR_NOTEXTTOSEND: Final = Numeric("412", "No text to send")
ERR_INPUTTOOLONG: Final = Numeric("417", "{why}")
ERR_UNKNOWNCOMMAND: Final = Numeric("421", "Unknown command")
ERR_NOMOTD: Final = Numeric("422", "There is no message of the day")
ERR_NONICKNAMEGIVEN: Final = Numeric("431", "No nick given")
ERR_ERRONEUSNICKNAME: Final = Numeric("432", "Erroneous nick: {why}")
ERR_NICKNAMEINUSE: Final = Numeric("433", "{why}")
#: As Charybdis and Bahamut have it: https://defs.ircdocs.horse/defs/numerics
ERR_BANONCHAN: Final = Numeric(
    "435", "You can't change your nick while you are banned or muted in that channel"
)
ERR_UNAVAILRESOURCE: Final = Numeric("437", "You can't have that name ({why})")
ERR_USERNOTINCHANNEL: Final = Numeric("441", "They aren't in that channel")
ERR_NOTONCHANNEL: Final = Numeric("442", "You're not in that channel")
ERR_USERONCHANNEL: Final = Numeric("443", "is already in the channel")
ERR_SUMMONDISABLED: Final = Numeric("445", "SUMMON has been disabled")
ERR_USERSDISABLED: Final = Numeric("446", "USERS has been disabled")
ERR_NOTREGISTERED: Final = Numeric("451", "You have not registered yet: send NICK and USER first")
ERR_ACCEPTFULL: Final = Numeric("456", "The list is full: it has {limit} people at the most")
ERR_ACCEPTEXIST: Final = Numeric("457", "is on the list already")
ERR_ACCEPTNOT: Final = Numeric("458", "is not on the list")
ERR_NEEDMOREPARAMS: Final = Numeric("461", "Not enough parameters")
ERR_ALREADYREGISTERED: Final = Numeric("462", "You may not register again")
ERR_PASSWDMISMATCH: Final = Numeric("464", "{why}")
ERR_YOUREBANNEDCREEP: Final = Numeric("465", "{why}")
#: As Charybdis and Ergo have it: https://defs.ircdocs.horse/defs/numerics
ERR_LINKCHANNEL: Final = Numeric("470", "{why}")
ERR_CHANNELISFULL: Final = Numeric("471", "Cannot join channel (+l): it is full")
ERR_UNKNOWNMODE: Final = Numeric("472", "is no channel mode that I know")
ERR_INVITEONLYCHAN: Final = Numeric("473", "Cannot join channel (+i): you need an invitation")
ERR_BANNEDFROMCHAN: Final = Numeric("474", "Cannot join channel (+b): {why}")
ERR_BADCHANNELKEY: Final = Numeric("475", "Cannot join channel (+k): the key is wrong or missing")
ERR_BADCHANMASK: Final = Numeric("476", "No channel can have this name: {why}")
ERR_NEEDREGGEDNICK: Final = Numeric("477", "{why}")
ERR_BANLISTFULL: Final = Numeric("478", "{why}")
ERR_NOPRIVILEGES: Final = Numeric("481", "Permission denied: you're not an operator of this server")
ERR_CHANOPRIVSNEEDED: Final = Numeric("482", "You're not an {rank} of that channel")
ERR_NOOPERHOST: Final = Numeric("491", "{why}")
ERR_UMODEUNKNOWNFLAG: Final = Numeric("501", "Unknown user mode")
ERR_USERSDONTMATCH: Final = Numeric("502", "You can see and change only your own modes")
ERR_HELPNOTFOUND: Final = Numeric("524", "No help on this")
ERR_CANNOTSENDTOUSER: Final = Numeric("531", "Cannot send to user ({why})")
ERR_INVALIDKEY: Final = Numeric("525", "A key has 1 to 32 bytes, no space or comma and no colon at its start")
ERR_INVALIDMODEPARAM: Final = Numeric("696", "{why}")
RPL_WHOISSECURE: Final = Numeric("671", "is using a secure connection")
RPL_HELPSTART: Final = Numeric("704")
RPL_HELPTXT: Final = Numeric("705")
RPL_ENDOFHELP: Final = Numeric("706")
#: https://ircv3.net/specs/extensions/monitor
RPL_MONONLINE: Final = Numeric("730")
RPL_MONOFFLINE: Final = Numeric("731")
RPL_MONLIST: Final = Numeric("732")
RPL_ENDOFMONLIST: Final = Numeric("733", "End of MONITOR list")
ERR_MONLISTFULL: Final = Numeric("734", "Monitor list is full: these nicks were not added")
#: https://ircv3.net/specs/extensions/metadata
RPL_WHOISKEYVALUE: Final = Numeric("760")
RPL_KEYVALUE: Final = Numeric("761")
RPL_KEYNOTSET: Final = Numeric("766", "This key is not set")
RPL_METADATASUBOK: Final = Numeric("770")
RPL_METADATAUNSUBOK: Final = Numeric("771")
RPL_METADATASUBS: Final = Numeric("772")
RPL_METADATASYNCLATER: Final = Numeric("774", "Ask for it: METADATA {target} SYNC")
#: https://ircv3.net/specs/extensions/sasl-3.1
RPL_LOGGEDIN: Final = Numeric("900", "You are now logged in as {account}")
RPL_SASLSUCCESS: Final = Numeric("903", "Logged in")
ERR_SASLFAIL: Final = Numeric("904", "Login failed: {why}")
ERR_SASLTOOLONG: Final = Numeric("905", "SASL message too long")
ERR_SASLABORTED: Final = Numeric("906", "Login given up")
ERR_SASLALREADY: Final = Numeric("907", "You are logged in already")
RPL_SASLMECHS: Final = Numeric("908", "are available SASL mechanisms")

#: code -> constant name, for people (the client's messages, the logs).
NAMES: Final[dict[str, str]] = {
    value.code: name for name, value in list(globals().items()) if isinstance(value, Numeric)
}
