/*
 * The persistent cache with no engine: an answer is put into a file, and is there when the file is
 * opened again. Usage: store_alone FILE
 */
#include <event2/event.h>
#include <glimpse/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char body[] =
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"caf\\u00e9?\"}]}";

static void stored(void *arg, glimpse_error error)
{
    printf("put: %s\n", error == GLIMPSE_OK ? "on file" : glimpse_error_sentence(error));
    event_base_loopbreak(arg);
}

static void got(void *arg, const glimpse_sample *sample, int64_t age_ms)
{
    printf("%s\n", sample != NULL ? glimpse_sample_get(sample)->text : "(not there)");
    event_base_loopbreak(arg);
}

static glimpse_store *open_store(struct event_base *base, const char *path)
{
    glimpse_store *store = NULL;
    glimpse_sqlite_store_config config;
    glimpse_problem problem;
    glimpse_sqlite_store_config_init(&config); /* 30 days, 1 GiB */
    config.path = path;
    if (glimpse_sqlite_store_new(base, &config, &store, &problem) != GLIMPSE_OK)
        fprintf(stderr, "the file %s\n", problem.sentence);
    return store;
}

int main(int argc, char **argv)
{
    int exit_code = EXIT_FAILURE;
    struct event_base *base = event_base_new();
    glimpse_store *store = NULL;
    glimpse_sample *sample = NULL;
    glimpse_sample_fields fields;
    glimpse_key key;

    if (base == NULL || argc != 2) goto done;
    store = open_store(base, argv[1]);
    if (store == NULL || glimpse_key_of_chat(body, strlen(body), &key) != GLIMPSE_OK) goto done;

    /* Here the program would ask its model. */
    glimpse_sample_fields_init(&fields);
    fields.text = "Yes, there is one around the corner.";
    fields.text_len = strlen(fields.text);
    if (glimpse_sample_new(&fields, &sample, NULL) != GLIMPSE_OK) goto done;
    glimpse_store_put(store, &key, sample, stored, base);
    event_base_dispatch(base); /* until it is in the file; a program need not wait for that */

    glimpse_store_unref(store);
    store = open_store(base, argv[1]);
    if (store == NULL) goto done;
    glimpse_store_get(store, &key, got, base); /* may call got at once */
    event_base_loop(base, EVLOOP_NONBLOCK);
    exit_code = EXIT_SUCCESS;

done:
    glimpse_sample_unref(sample);
    glimpse_store_unref(store);
    if (base != NULL) event_base_free(base);
    return exit_code;
}
