/* tls_front.c - see tls_front.h. */
#include "tls_front.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certificate.h"

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "tls_front: %s\n", #condition);                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* --- certificates --- */

static void write_certificate(const char *path, X509 *certificate)
{
    FILE *file = fopen(path, "w");
    MUST(file != NULL && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0);
}

static void write_key(const char *path, EVP_PKEY *key)
{
    FILE *file = fopen(path, "w");
    MUST(file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
         fclose(file) == 0);
}

static void make_files(tls_front *front, tls_front_kind kind)
{
    snprintf(front->dir, sizeof front->dir, "/tmp/tls_front.XXXXXX");
    MUST(mkdtemp(front->dir) != NULL);
    snprintf(front->ca_file, sizeof front->ca_file, "%s/ca.pem", front->dir);
    snprintf(front->other_ca_file, sizeof front->other_ca_file, "%s/other.pem", front->dir);
    snprintf(front->key_file, sizeof front->key_file, "%s/key.pem", front->dir);
    snprintf(front->cert_file, sizeof front->cert_file, "%s/cert.pem", front->dir);
    snprintf(front->log_file, sizeof front->log_file, "%s/access.log", front->dir);
    EVP_PKEY *ca_key = certificate_key(), *key = certificate_key();
    X509 *ca = certificate_make(ca_key, "Test CA", NULL, NULL, 86400);
    X509 *other = certificate_make(key, "Other CA", NULL, NULL, 86400);
    X509 *leaf =
        certificate_make(key, "front.test", ca, ca_key, kind == TLS_FRONT_EXPIRED ? -3600 : 86400);
    write_certificate(front->ca_file, ca);
    write_certificate(front->other_ca_file, other);
    write_certificate(front->cert_file, leaf);
    write_key(front->key_file, key);
    X509_free(ca);
    X509_free(other);
    X509_free(leaf);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
}

/* --- the process --- */

static int free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    MUST(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
         getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    close(fd);
    return ntohs(address.sin_port);
}

static bool accepts(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST(fd >= 0);
    bool connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return connected;
}

/* nghttpx is in /usr/sbin, which is not on the path of an ordinary user. */
static void look_in_sbin(void)
{
    char path[4096];
    const char *old = getenv("PATH");
    int len = snprintf(path, sizeof path, "%s:/usr/sbin", old != NULL ? old : "/usr/bin:/bin");
    if (len > 0 && (size_t)len < sizeof path) setenv("PATH", path, 1);
}

static void run_child(const tls_front *front, tls_front_kind kind, int backend_port)
{
    char frontend[64], backend[64], log[128];
    snprintf(frontend, sizeof frontend, "--frontend=127.0.0.1,%d", front->port);
    snprintf(backend, sizeof backend, "--backend=127.0.0.1,%d", backend_port);
    snprintf(log, sizeof log, "--accesslog-file=%s", front->log_file);
    const char *versions =
        kind == TLS_FRONT_HTTP1 ? "--npn-list=http/1.1" : "--npn-list=h2,http/1.1";
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    look_in_sbin();
    if (freopen("/dev/null", "w", stderr) == NULL) _exit(126);
    execlp("nghttpx", "nghttpx", frontend, backend, log, versions, "--single-process",
           "--workers=1", "--conf=/dev/null", "--errorlog-file=/dev/null",
           "--accesslog-format=$remote_port $alpn", "--accesslog-write-early", front->key_file,
           front->cert_file, (char *)NULL);
    _exit(127);
}

void tls_front_start(tls_front *front, tls_front_kind kind, int backend_port)
{
    *front = (tls_front){ 0 };
    make_files(front, kind);
    /* The port is free when it is chosen, and taken a moment later: try again if it is lost. */
    for (int tries = 0; tries < 5; tries++) {
        front->port = free_port();
        front->pid = fork();
        MUST(front->pid >= 0);
        if (front->pid == 0) run_child(front, kind, backend_port);
        int status;
        while (waitpid(front->pid, &status, WNOHANG) == 0) {
            if (accepts(front->port)) return;
            poll(NULL, 0, 5);
        }
        MUST(!WIFEXITED(status) || WEXITSTATUS(status) != 127); /* nghttpx is not installed */
    }
    bool started = false;
    MUST(started);
}

void tls_front_stop(tls_front *front)
{
    kill(front->pid, SIGKILL);
    waitpid(front->pid, NULL, 0);
    unlink(front->ca_file);
    unlink(front->other_ca_file);
    unlink(front->key_file);
    unlink(front->cert_file);
    unlink(front->log_file);
    rmdir(front->dir);
}

size_t tls_front_connections(const tls_front *front, size_t *http2_requests)
{
    static unsigned char seen[65536];
    memset(seen, 0, sizeof seen);
    *http2_requests = 0;
    size_t count = 0;
    FILE *log = fopen(front->log_file, "r");
    MUST(log != NULL);
    unsigned port;
    char version[16];
    while (fscanf(log, "%u %15s", &port, version) == 2) {
        MUST(port < sizeof seen);
        count += !seen[port];
        seen[port] = 1;
        *http2_requests += strcmp(version, "h2") == 0;
    }
    fclose(log);
    return count;
}
