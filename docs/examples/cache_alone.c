/*
 * The prompt cache with no engine: for a program that has its own way to a model and wants only the
 * keys, the bounds and the hit rate. Time is an argument, so two hours pass in a line.
 */
#include <glimpse/cache.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000) /* nanoseconds, the unit of the cache's clock */

/* The same request, spelled twice: other order, other blanks, another form of one number. */
static const char first[] = "{\"model\":\"m\",\"temperature\":0.5,"
                            "\"messages\":[{\"role\":\"user\",\"content\":\"caf\\u00e9?\"}]}";
static const char again[] = "{ \"messages\": [ { \"content\": \"caf\xc3\xa9?\", \"role\": \"user\" "
                            "} ], \"temperature\": 5e-1, \"model\": \"m\" }";

static void look(glimpse_cache *cache, const glimpse_key *key, uint64_t now, const char *when)
{
    glimpse_sample *sample = glimpse_cache_get(cache, key, now);
    printf("%s: %s\n", when, sample != NULL ? glimpse_sample_get(sample)->text : "(not there)");
    glimpse_sample_unref(sample);
}

int main(void)
{
    int exit_code = EXIT_FAILURE;
    glimpse_cache *cache = NULL;
    glimpse_sample *sample = NULL;
    glimpse_cache_config config;
    glimpse_sample_fields fields;
    glimpse_key key, same;
    char hex[65];
    const uint64_t now = glimpse_monotonic_ns();

    glimpse_cache_config_init(&config); /* 2000 entries, 64 MiB, two hours */
    if (glimpse_cache_new(&config, &cache, NULL) != GLIMPSE_OK) goto done;
    if (glimpse_key_of_chat(first, strlen(first), &key) != GLIMPSE_OK ||
        glimpse_key_of_chat(again, strlen(again), &same) != GLIMPSE_OK)
        goto done;
    glimpse_key_hex(&key, hex);
    printf("key %.16s..., spelled otherwise: %s\n", hex,
           memcmp(&key, &same, sizeof key) == 0 ? "the same key" : "another key");

    look(cache, &key, now, "before");

    /* Here the program would ask its model. The answer is stored under the key. */
    glimpse_sample_fields_init(&fields);
    fields.text = "Yes, there is one around the corner.";
    fields.text_len = strlen(fields.text);
    if (glimpse_sample_new(&fields, &sample, NULL) != GLIMPSE_OK ||
        glimpse_cache_put(cache, &key, sample, now) != GLIMPSE_OK)
        goto done;

    look(cache, &same, now + 60 * SECOND, "a minute later");
    look(cache, &same, now + 7201 * SECOND, "two hours later");
    printf("hit rate %.2f\n", glimpse_cache_hit_rate(cache));
    exit_code = EXIT_SUCCESS;

done:
    glimpse_sample_unref(sample);
    glimpse_cache_unref(cache);
    return exit_code;
}
