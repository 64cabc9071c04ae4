"""Names of the usual emoji, as other chats have them too. One code point each: their width is the same everywhere."""

from __future__ import annotations

from typing import Final

_TABLE: Final = """
    smile 😄 grin 😁 joy 😂 laughing 😆 rofl 🤣 smiley 😃 slight_smile 🙂 upside_down 🙃 wink 😉
    blush 😊 innocent 😇 heart_eyes 😍 kissing_heart 😘 yum 😋 stuck_out_tongue 😛 zany 🤪
    thinking 🤔 zipper_mouth 🤐 raised_eyebrow 🤨 neutral 😐 expressionless 😑 smirk 😏
    unamused 😒 roll_eyes 🙄 grimacing 😬 relieved 😌 pensive 😔 sleepy 😪 sleeping 😴 mask 😷
    sick 🤢 sneeze 🤧 hot 🥵 cold 🥶 dizzy_face 😵 exploding_head 🤯 cowboy 🤠 party 🥳
    sunglasses 😎 nerd 🤓 confused 😕 worried 😟 frown 🙁 astonished 😲 flushed 😳 pleading 🥺
    cry 😢 sob 😭 scream 😱 disappointed 😞 sweat 😓 sweat_smile 😅 weary 😩 tired 😫 yawn 🥱
    triumph 😤 angry 😠 rage 😡 cursing 🤬 skull 💀 poop 💩 clown 🤡 ghost 👻 alien 👽 robot 🤖
    wave 👋 raised_hand ✋ ok_hand 👌 v ✌ crossed_fingers 🤞 metal 🤘 call_me 🤙 point_left 👈
    point_right 👉 point_up 👆 point_down 👇 thumbsup 👍 +1 👍 thumbsdown 👎 -1 👎 fist ✊
    punch 👊 clap 👏 raised_hands 🙌 open_hands 👐 handshake 🤝 pray 🙏 writing ✍ muscle 💪
    eyes 👀 eye 👁 brain 🧠 ear 👂 nose 👃 tongue 👅 lips 👄 baby 👶 shrug 🤷 facepalm 🤦 bow 🙇
    dancer 💃 runner 🏃 heart ❤ orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙
    purple_heart 💜 black_heart 🖤 broken_heart 💔 sparkling_heart 💖 two_hearts 💕 100 💯
    boom 💥 sweat_drops 💦 dash 💨 zzz 💤 fire 🔥 sparkles ✨ star ⭐ star2 🌟 zap ⚡ sun ☀
    cloud ☁ rain 🌧 snowflake ❄ snowman ⛄ rainbow 🌈 umbrella ☔ moon 🌙 earth 🌍 dog 🐶 cat 🐱
    mouse 🐭 rabbit 🐰 fox 🦊 bear 🐻 panda 🐼 tiger 🐯 lion 🦁 cow 🐮 pig 🐷 frog 🐸 toad 🐸
    monkey 🐵 see_no_evil 🙈 hear_no_evil 🙉 speak_no_evil 🙊 chicken 🐔 penguin 🐧 bird 🐦
    duck 🦆 owl 🦉 bat 🦇 wolf 🐺 horse 🐴 unicorn 🦄 bee 🐝 bug 🐛 butterfly 🦋 snail 🐌 turtle 🐢
    snake 🐍 octopus 🐙 fish 🐟 dolphin 🐬 whale 🐳 tree 🌳 cactus 🌵 four_leaf_clover 🍀 rose 🌹
    sunflower 🌻 mushroom 🍄 apple 🍎 banana 🍌 lemon 🍋 strawberry 🍓 tomato 🍅 bread 🍞
    cheese 🧀 pizza 🍕 burger 🍔 fries 🍟 taco 🌮 egg 🥚 cake 🍰 birthday 🎂 cookie 🍪
    chocolate 🍫 popcorn 🍿 coffee ☕ tea 🍵 beer 🍺 beers 🍻 wine 🍷 champagne 🍾 tada 🎉
    balloon 🎈 gift 🎁 christmas_tree 🎄 trophy 🏆 medal 🏅 soccer ⚽ game 🎮 dart 🎯 dice 🎲
    art 🎨 music 🎵 guitar 🎸 movie 🎬 camera 📷 tv 📺 phone 📱 computer 💻 keyboard ⌨ battery 🔋
    bulb 💡 book 📖 memo 📝 pencil ✏ paperclip 📎 scissors ✂ lock 🔒 unlock 🔓 key 🔑 hammer 🔨
    wrench 🔧 gear ⚙ link 🔗 bomb 💣 pill 💊 money 💰 mailbox 📫 package 📦 calendar 📅 chart 📈
    bell 🔔 mute 🔇 mag 🔍 hourglass ⏳ alarm ⏰ rocket 🚀 car 🚗 bike 🚲 train 🚆 plane ✈ ship 🚢
    house 🏠 office 🏢 tent ⛺ check ✅ x ❌ question ❓ exclamation ❗ warning ⚠ no_entry ⛔
    recycle ♻ white_check_mark ✅ heavy_check ✔ plus ➕ minus ➖ arrow_right ➡
    arrow_left ⬅ arrow_up ⬆ arrow_down ⬇ red_circle 🔴 green_circle 🟢 checkered_flag 🏁
    flag 🚩 rainbow_flag 🏳
"""
_WORDS: Final = _TABLE.split()

#: Name -> character.
EMOJI: Final = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
