/*
 * mock_rig.h - the mock server in this process, and plain sockets as its clients, on one loop.
 * Nothing sleeps: a test turns the loop until what it waits for has come. Include after cmocka.h.
 */
#ifndef MOCK_RIG_H
#define MOCK_RIG_H

#include <event2/event.h>
#include <stdbool.h>

#include "base/json.h"
#include "mock/mock.h"

#define CHAT_BODY                                                                                  \
    "{\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":\"Summarize this.\\n\\nCats " \
    "sleep a lot. Dogs do not.\"}]}"

typedef struct mock_rig {
    struct event_base *base;
    mock_server *server;
    size_t live;
} mock_rig;

typedef struct mock_client {
    struct event_base *base;
    struct event *event;
    int fd;
    char *got; /* NUL terminated */
    size_t len, capacity;
    bool ended, reset;
} mock_client;

void mock_rig_open(mock_rig *w, const char *latency, const char *fault);
void mock_rig_close(mock_rig *w);
mock_client *mock_client_connect(mock_rig *w);
void mock_client_close(mock_client *c);
/* Sends all of it, turning the loop when the socket is full. */
void mock_client_send(mock_client *c, const char *data, size_t len);
void mock_client_send_text(mock_client *c, const char *text);
/* How often this text came so far. */
size_t mock_client_count(const mock_client *c, const char *what);
/* Turns the loop until the text came this often, or the connection ended. */
void mock_client_wait(mock_client *c, const char *what, size_t times);
void mock_client_wait_end(mock_client *c);
void mock_client_post(mock_client *c, const char *path, const char *body);
/* The JSON body of the last answer that came. */
gl_json mock_client_body(const mock_client *c);
int64_t mock_number(gl_json object, const char *name);
/* One number of the statistics, asked on a connection of its own. group may be NULL. */
int64_t mock_rig_stat(mock_rig *w, const char *group, const char *name);

#endif
