/* admin.h - the functions of the rows below /__mock, and of /health and /metrics. */
#ifndef MOCK_ADMIN_H
#define MOCK_ADMIN_H

#include "mock/endpoint.h"

int mock_admin_stats(struct mock_server *server, const mock_call *call, struct mock_reply *reply);
int mock_admin_health(struct mock_server *server, const mock_call *call, struct mock_reply *reply);
int mock_admin_metrics(struct mock_server *server, const mock_call *call, struct mock_reply *reply);
int mock_admin_journal(struct mock_server *server, const mock_call *call, struct mock_reply *reply);
int mock_admin_journal_clear(struct mock_server *server, const mock_call *call,
                             struct mock_reply *reply);
int mock_admin_settings(struct mock_server *server, const mock_call *call,
                        struct mock_reply *reply);
int mock_admin_set(struct mock_server *server, const mock_call *call, struct mock_reply *reply);
int mock_admin_reset(struct mock_server *server, const mock_call *call, struct mock_reply *reply);

#endif
