/*
 * server.c - a server of known behaviour that logs the time of each event: the truth with which the
 * figures of `glimpse bench` are compared (test/show/truth.sh).
 *
 *     glimpse-truth PORT_FILE LOG [NAME=NUMBER...]        until SIGTERM; the log is written then
 *
 * It shares no code with the mock, the library or the harness, so that none of their mistakes is
 * its own. The log is a JSON object a request, in order of arrival; times are in ns since the first
 * came. They are the kernel's, of a request's bytes at the socket and of an answer's bytes as they
 * left it (SO_TIMESTAMPING): a delay of this process by the machine is then a part of the server's
 * time, and not an error of its log. `at` is the arrival by the machine's clock, `late` the time
 * for which the request lay in the socket until it was read. One thread, one poll; it reads POSTs
 * with a Content-Length and answers chat completions.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNS    1024
#define REQUESTS 65536
#define TOKENS   256
#define BODY_MAX 65536

/* Its faults, ms; 0: off. */
static struct {
    const char *name;
    double value;
} settings[] = {
    { "latency", 0 },     /* to the answer; of a stream to its first token */
    { "spread", 0 },      /* so much is added at most, to each request another part of it */
    { "gap", 10 },        /* between the tokens of a stream */
    { "tokens", 5 },      /* of an answer */
    { "reasoning", 0 },   /* so many of a stream's tokens come first, as reasoning */
    { "error_every", 0 }, /* each such request is answered with `status` */
    { "status", 503 },    /* also of the outage */
    { "retry_after", 0 }, /* s, asked for with it */
    { "outage_from", 0 }, /* since the first request */
    { "outage_to", 0 },   /* */
    { "stall_from", 0 },  /* an answer that is due then is sent at its end */
    { "stall_to", 0 },    /* */
    { "capacity", 0 },    /* served at once; the others wait their turn */
    { "slow_at", -1 },    /* this request, from 0, takes `slow` */
    { "slow", 0 },        /* */
    { "pause_every", 0 }, /* each such stream stands still before its middle token for `pause` */
    { "pause", 0 },       /* */
};

static double of(const char *name)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strcmp(settings[i].name, name) == 0) return settings[i].value;
    abort();
}

typedef struct request {
    int64_t came, late, first, last, token[TOKENS];
    int status, tokens;
    bool stream;
} request;

typedef struct conn {
    int fd; /* 0: free */
    char in[BODY_MAX];
    size_t len;
    int64_t came;   /* the first byte of the request being read; 0: none yet */
    int64_t late;   /* until it was read */
    request *doing; /* NULL: it reads */
    bool queued;    /* waits for its turn */
    int64_t due;    /* of the next piece */
} conn;

static conn conns[CONNS];
static request requests[REQUESTS];
static size_t request_count, serving;
static conn *queue[CONNS];
static size_t queue_len;
static volatile sig_atomic_t over;

static void stop(int number)
{
    (void)number;
    over = 1;
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- the kernel's clock ----------------------------------------------------------------------- */

/* Returns CLOCK_MONOTONIC less CLOCK_REALTIME, the clock of the kernel's stamps. It is the tightest
 * of some readings, since this process may be stopped within one. */
static int64_t between_clocks(void)
{
    int64_t least = INT64_MAX, found = 0;
    for (int i = 0; i < 100; i++) {
        struct timespec real;
        int64_t before = now();
        clock_gettime(CLOCK_REALTIME, &real);
        int64_t after = now();
        if (after - before >= least) continue;
        least = after - before;
        found = before + least / 2 - ((int64_t)real.tv_sec * 1000000000 + real.tv_nsec);
    }
    return found;
}

static int64_t clocks; /* between_clocks as this process began */

/* As recvmsg; *stamp: the kernel's time of it, unchanged where it gave none. */
static ssize_t receive(int fd, void *data, size_t len, int flags, int64_t *stamp)
{
    union {
        char bytes[512];
        struct cmsghdr aligned;
    } control;
    struct iovec part = { data, len };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof control.bytes };
    ssize_t got = recvmsg(fd, &message, flags);
    if (got < 0) return got;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        struct scm_timestamping times;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING) continue;
        memcpy(&times, CMSG_DATA(c), sizeof times);
        int64_t real = (int64_t)times.ts[0].tv_sec * 1000000000 + times.ts[0].tv_nsec;
        if (real != 0) *stamp = real + clocks;
    }
    return got;
}

/* Returns the kernel's time at which the last bytes sent left; `at` where it gives none. */
static int64_t left_at(int fd, int64_t at)
{
    char none;
    while (receive(fd, &none, sizeof none, MSG_ERRQUEUE | MSG_DONTWAIT, &at) >= 0) continue;
    return at;
}

static void stamp(int fd)
{
    int what = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
               SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &what, sizeof what) != 0)
        perror("glimpse-truth: SO_TIMESTAMPING");
}

static int64_t ms(const char *name)
{
    return (int64_t)(of(name) * 1e6);
}

static size_t index_of(const request *r)
{
    return (size_t)(r - requests);
}

static bool within(const char *from, const char *to, int64_t at)
{
    int64_t since = at - requests[0].came;
    return ms(to) > 0 && since >= ms(from) && since < ms(to);
}

static bool every(const char *name, const request *r)
{
    size_t n = (size_t)of(name);
    return n != 0 && index_of(r) % n == n - 1;
}

/* Returns when it left. A client that does not take some hundred bytes at once is not tested here.
 */
static int64_t send_all(conn *c, const char *text, size_t len)
{
    int64_t at = now();
    if (send(c->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len) c->due = -1;
    return left_at(c->fd, at);
}

__attribute__((format(printf, 2, 3))) static int64_t chunk(conn *c, const char *format, ...)
{
    char data[1024], out[1200];
    va_list args;
    va_start(args, format);
    vsnprintf(data, sizeof data, format, args);
    va_end(args);
    int len = snprintf(out, sizeof out, "%zx\r\ndata: %s\n\n\r\n", strlen(data) + 8, data);
    return send_all(c, out, (size_t)len);
}

/* --- answering -------------------------------------------------------------------------------- */

static void begin(conn *c)
{
    request *r = c->doing;
    c->queued = false;
    serving++;
    int64_t wait = ms("latency") + ms("spread") / 1000 * (int64_t)(index_of(r) * 619 % 1000);
    if ((double)index_of(r) == of("slow_at")) wait = ms("slow");
    c->due = (of("capacity") > 0 ? now() : r->came) + wait;
}

static void next_in_queue(void)
{
    serving--;
    if (queue_len == 0) return;
    conn *c = queue[0];
    memmove(queue, queue + 1, --queue_len * sizeof *queue);
    begin(c);
}

static void end_request(conn *c)
{
    c->doing = NULL;
    c->due = c->due < 0 ? -1 : 0;
    next_in_queue();
}

static void answer_whole(conn *c)
{
    request *r = c->doing;
    char body[512], out[1024], wait[64] = "";
    if (r->status == 200)
        snprintf(body, sizeof body,
                 "{\"id\":\"t\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\","
                 "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"w\"},"
                 "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,"
                 "\"completion_tokens\":%d,\"total_tokens\":%d}}",
                 (int)of("tokens"), 7 + (int)of("tokens"));
    else
        snprintf(body, sizeof body,
                 "{\"error\":{\"message\":\"no\",\"type\":\"t\",\"code\":\"c\"}}");
    if (r->status != 200 && of("retry_after") > 0)
        snprintf(wait, sizeof wait, "retry-after: %d\r\n", (int)of("retry_after"));
    int len = snprintf(out, sizeof out,
                       "HTTP/1.1 %d X\r\nx-request-id: %zu\r\ncontent-type: "
                       "application/json\r\n%scontent-length: %zu\r\n\r\n%s",
                       r->status, index_of(r), wait, strlen(body), body);
    r->first = r->last = send_all(c, out, (size_t)len);
    end_request(c);
}

static void answer_piece(conn *c)
{
    char head[256];
    request *r = c->doing;
    int tokens = (int)of("tokens"), thinking = (int)of("reasoning");
    if (r->tokens == 0) {
        int len = snprintf(head, sizeof head,
                           "HTTP/1.1 200 OK\r\nx-request-id: %zu\r\ncontent-type: "
                           "text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
                           index_of(r));
        r->first = send_all(c, head, (size_t)len);
    }
    r->token[r->tokens] =
        chunk(c,
              "{\"id\":\"t\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
              "\"choices\":[{\"index\":0,\"delta\":{\"%s\":\"t%d \"},\"finish_reason\":null}]}",
              r->tokens < thinking ? "reasoning_content" : "content", r->tokens);
    if (++r->tokens < tokens && r->tokens < TOKENS) {
        c->due += ms("gap");
        if (every("pause_every", r) && r->tokens == tokens / 2) c->due += ms("pause");
        return;
    }
    chunk(c, "{\"id\":\"t\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
             "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
    chunk(c,
          "{\"id\":\"t\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
          "\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":%d,"
          "\"total_tokens\":%d}}",
          tokens, 7 + tokens);
    chunk(c, "[DONE]");
    r->last = send_all(c, "0\r\n\r\n", 5);
    end_request(c);
}

static void go_on(conn *c)
{
    if (within("stall_from", "stall_to", now())) {
        c->due = requests[0].came + ms("stall_to");
        return;
    }
    if (c->doing->stream && c->doing->status == 200)
        answer_piece(c);
    else
        answer_whole(c);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void take_request(conn *c, size_t head, size_t len)
{
    if (request_count == REQUESTS) exit(70);
    request *r = &requests[request_count++];
    *r = (request){ .came = c->came, .late = c->late, .status = 200 };
    r->stream = strstr(c->in + head, "\"stream\":true") != NULL;
    bool out = within("outage_from", "outage_to", r->came);
    if (every("error_every", r) || out) r->status = (int)of("status");
    c->doing = r;
    c->len -= len;
    c->came = 0;
    memmove(c->in, c->in + len, c->len + 1);
    if (of("capacity") > 0 && (double)serving >= of("capacity")) {
        c->queued = true;
        queue[queue_len++] = c;
    } else {
        begin(c);
    }
}

static void look_for_request(conn *c)
{
    char *end = strstr(c->in, "\r\n\r\n"), *length = strcasestr(c->in, "content-length:");
    if (end == NULL || c->doing != NULL) return;
    size_t head = (size_t)(end - c->in) + 4;
    size_t body = length != NULL && length < end ? strtoul(length + 15, NULL, 10) : 0;
    if (c->len >= head + body) take_request(c, head, head + body);
}

static bool read_some(conn *c)
{
    int64_t read = now(), at = read;
    ssize_t got = receive(c->fd, c->in + c->len, sizeof c->in - 1 - c->len, MSG_DONTWAIT, &at);
    if (got <= 0) return got < 0 && (errno == EINTR || errno == EAGAIN);
    if (c->came == 0) {
        c->came = at;
        c->late = read - at;
    }
    c->len += (size_t)got;
    c->in[c->len] = '\0';
    look_for_request(c);
    return true;
}

static void hang_up(conn *c)
{
    for (size_t i = 0; i < queue_len; i++)
        if (queue[i] == c) memmove(queue + i, queue + i + 1, (--queue_len - i) * sizeof *queue);
    if (c->doing != NULL && !c->queued) next_in_queue();
    close(c->fd);
    *c = (conn){ .fd = 0 };
}

static void answer_call(int listener)
{
    int fd = accept(listener, NULL, NULL), one = 1;
    conn *c = conns;
    while (c < conns + CONNS && c->fd != 0) c++;
    if (fd < 0 || c == conns + CONNS) exit(71);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    stamp(fd);
    c->fd = fd;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void turn(int listener)
{
    static struct pollfd fds[CONNS + 1];
    static conn *who[CONNS + 1];
    nfds_t count = 1;
    int64_t due = INT64_MAX;
    fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
    for (conn *c = conns; c < conns + CONNS; c++) {
        if (c->fd == 0) continue;
        who[count] = c;
        fds[count++] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
        if (c->doing != NULL && !c->queued && c->due < due) due = c->due;
    }
    int64_t left = due == INT64_MAX ? 100000000 : due - now();
    if (left < 0) left = 0;
    struct timespec wait = { left / 1000000000, left % 1000000000 };
    if (ppoll(fds, count, &wait, NULL) < 0 && errno != EINTR) exit(71);
    for (nfds_t i = 1; i < count; i++)
        if (fds[i].revents != 0) {
            left_at(who[i]->fd, 0);
            if (!read_some(who[i])) hang_up(who[i]);
        }
    if ((fds[0].revents & POLLIN) != 0) answer_call(listener);
    for (conn *c = conns; c < conns + CONNS; c++) {
        if (c->fd != 0 && c->doing != NULL && !c->queued && c->due <= now()) go_on(c);
        if (c->fd != 0 && c->due < 0) hang_up(c);
        if (c->fd != 0 && c->doing == NULL && c->len > 0) look_for_request(c);
    }
}

static bool write_log(const char *path)
{
    FILE *out = fopen(path, "w");
    if (out == NULL) return false;
    for (size_t i = 0; i < request_count; i++) {
        const request *r = &requests[i];
        int64_t zero = requests[0].came;
        fprintf(out, "{\"at\":%lld,\"came\":%lld,\"late\":%lld,\"first\":%lld,\"last\":%lld",
                (long long)r->came, (long long)(r->came - zero), (long long)r->late,
                (long long)(r->first - zero), (long long)(r->last - zero));
        fprintf(out, ",\"status\":%d,\"tokens\":[", r->last != 0 ? r->status : 0);
        for (int k = 0; k < r->tokens; k++)
            fprintf(out, "%s%lld", k > 0 ? "," : "", (long long)(r->token[k] - requests[0].came));
        fputs("]}\n", out);
    }
    return fclose(out) == 0;
}

static bool set(const char *text)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        size_t len = strlen(settings[i].name);
        if (strncmp(text, settings[i].name, len) != 0 || text[len] != '=') continue;
        settings[i].value = strtod(text + len + 1, NULL);
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof at;
    bool good = argc >= 3;
    for (int i = 3; i < argc; i++) good = set(argv[i]) && good;
    if (!good) {
        fputs("usage: glimpse-truth PORT_FILE LOG [NAME=NUMBER...]\n", stderr);
        return 64;
    }
    signal(SIGTERM, stop);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(listener, CONNS) != 0 || getsockname(listener, (struct sockaddr *)&at, &len) != 0) {
        perror("glimpse-truth");
        return 71;
    }
    clocks = between_clocks();
    stamp(listener);
    FILE *port = fopen(argv[1], "w");
    if (port == NULL || fprintf(port, "%d\n", ntohs(at.sin_port)) < 0 || fclose(port) != 0)
        return 74;
    while (!over) turn(listener);
    return write_log(argv[2]) ? 0 : 74;
}
