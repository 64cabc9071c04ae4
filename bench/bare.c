/* The physical limit: a loop in C that does what a chat server has to ask of the kernel, and next to nothing else.
 *
 * It knows NICK, USER, JOIN, PRIVMSG, PING and QUIT, checks nothing, keeps nothing, and trusts that lines are whole
 * enough. Like natterjack it gathers what a turn brings for each client, and sends it once, at the end of the turn.
 * What the kernel does not take waits for its readiness.
 *
 * usage: bare PORT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1 << 15, EVENTS = 1024, LINE = 16384, NAMES = 400, BUCKETS = 1 << 16 };

struct room { char name[64]; int *members, count, size; struct room *next; };
struct client {
    int fd, welcome, waiting, held, touched, room_slot, in_size, mark;
    size_t out_used, out_sent, out_size;
    char nick[32], *out, *in;
    struct room *room;
    struct client *next;
};

static struct client *clients[MOST], *by_nick[BUCKETS];
static struct room *rooms[BUCKETS];
static int touched[MOST], touches, poller;

static unsigned bucket(const char *name) {
    unsigned hash = 5381;
    while (*name) hash = hash * 33 + (unsigned char)*name++;
    return hash % BUCKETS;
}

static void out(struct client *to, const char *data, size_t size) {
    if (to->out_used + size > to->out_size) {
        to->out_size = (to->out_used + size) * 2;
        to->out = realloc(to->out, to->out_size);
        if (!to->out) exit(70);
    }
    memcpy(to->out + to->out_used, data, size);
    to->out_used += size;
    if (!to->touched) { to->touched = 1; touched[touches++] = to->fd; }
}

static void interest(struct client *c, int writing) {
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.fd = c->fd};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
    c->waiting = writing;
}

static void flush(struct client *c) {
    ssize_t sent = send(c->fd, c->out + c->out_sent, c->out_used - c->out_sent, MSG_NOSIGNAL);
    if (sent > 0) c->out_sent += sent;
    if (c->out_sent == c->out_used || (sent < 0 && errno != EAGAIN)) {
        c->out_sent = c->out_used = 0;
        free(c->out); /* as a server must that has thousands of idle clients */
        c->out = NULL;
        c->out_size = 0;
        if (c->waiting) interest(c, 0);
    } else if (!c->waiting) interest(c, 1);
}

static void leave(struct client *c) {
    struct client **at = &by_nick[bucket(c->nick)];
    while (*at && *at != c) at = &(*at)->next;
    if (*at) *at = c->next;
    if (c->room) {
        int last = c->room->members[--c->room->count];
        c->room->members[c->room_slot] = last;
        if (clients[last]) clients[last]->room_slot = c->room_slot;
    }
    clients[c->fd] = NULL;
    close(c->fd);
    free(c->out); free(c->in); free(c);
}

static void join(struct client *c, const char *name) {
    struct room **at = &rooms[bucket(name)], *room;
    while (*at && strcmp((*at)->name, name)) at = &(*at)->next;
    if (!(room = *at)) {
        room = *at = calloc(1, sizeof *room);
        snprintf(room->name, sizeof room->name, "%s", name);
    }
    if (room->count == room->size) room->members = realloc(room->members, (room->size = room->size * 2 + 8) * sizeof(int));
    c->room = room;
    c->room_slot = room->count;
    room->members[room->count++] = c->fd;
    char line[1024];
    int size = snprintf(line, sizeof line, ":%s!x@x JOIN %s\r\n", c->nick, name);
    for (int i = 0; i < room->count; i++) out(clients[room->members[i]], line, size);
    for (int i = 0; i < room->count;) {
        size = snprintf(line, sizeof line, ":bare 353 %s = %s :", c->nick, name);
        while (i < room->count && size < NAMES) size += snprintf(line + size, sizeof line - size, "%s ", clients[room->members[i++]]->nick);
        memcpy(line + size, "\r\n", 2);
        out(c, line, size + 2);
    }
    size = snprintf(line, sizeof line, ":bare 366 %s %s :End\r\n", c->nick, name);
    out(c, line, size);
}

static void say(struct client *c, char *rest) {
    char *text = strchr(rest, ' '), line[LINE];
    if (!text) return;
    *text++ = 0;
    int size = snprintf(line, sizeof line, ":%s!x@x PRIVMSG %s %s\r\n", c->nick, rest, text);
    if (*rest == '#') {
        struct room *room = c->room;
        for (int i = 0; room && i < room->count; i++)
            if (room->members[i] != c->fd) out(clients[room->members[i]], line, size);
        return;
    }
    struct client *to = by_nick[bucket(rest)];
    while (to && strcmp(to->nick, rest)) to = to->next;
    if (to) out(to, line, size);
}

static void obey(struct client *c, char *line) {
    char answer[256];
    if (!strncmp(line, "PRIVMSG ", 8)) say(c, line + 8);
    else if (!strncmp(line, "NICK ", 5)) {
        snprintf(c->nick, sizeof c->nick, "%s", line + 5);
        struct client **at = &by_nick[bucket(c->nick)];
        c->next = *at;
        *at = c;
    } else if (!strncmp(line, "USER ", 5)) {
        out(c, answer, snprintf(answer, sizeof answer, ":bare 001 %s :Hi\r\n:bare 422 %s :No MOTD\r\n", c->nick, c->nick));
    } else if (!strncmp(line, "JOIN ", 5)) join(c, line + 5);
    else if (!strncmp(line, "PING ", 5)) out(c, answer, snprintf(answer, sizeof answer, "PONG %.200s\r\n", line + 5));
    else if (!strncmp(line, "CAP LS", 6)) out(c, answer, snprintf(answer, sizeof answer, "CAP * LS :\r\n"));
}

static int hear(struct client *c) {
    char data[LINE * 2];
    ssize_t got = recv(c->fd, data + c->held, LINE, 0);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    if (c->held) memcpy(data, c->in, c->held);
    got += c->held;
    char *start = data, *end = data + got, *feed;
    while ((feed = memchr(start, '\n', end - start))) {
        *feed = 0;
        if (feed > start && feed[-1] == '\r') feed[-1] = 0;
        obey(c, start);
        start = feed + 1;
    }
    c->held = end - start;
    if (c->held > LINE / 2) return 0;
    if (c->held) {
        c->in = realloc(c->in, c->held);
        memcpy(c->in, start, c->held);
    }
    return 1;
}

static void welcome(int listener) {
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MOST) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        clients[fd] = calloc(1, sizeof **clients);
        clients[fd]->fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(int count, char **words) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    here.sin_port = htons(count > 1 ? atoi(words[1]) : 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 1024)) { perror("bare"); return 1; }
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.fd == listener ? NULL : clients[events[i].data.fd];
            if (!c) { if (events[i].data.fd == listener) welcome(listener); continue; }
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !hear(c)) { leave(c); continue; }
            if (events[i].events & EPOLLOUT && !c->touched && c->out_used) { c->touched = 1; touched[touches++] = c->fd; }
        }
        for (int i = 0; i < touches; i++) {
            struct client *c = clients[touched[i]];
            if (c && c->touched) { c->touched = 0; flush(c); }
        }
        touches = 0;
    }
}
