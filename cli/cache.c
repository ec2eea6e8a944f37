/* cache.c - `glimpse cache stats` and `glimpse cache purge`: inspects and cleans the file of a
 * persistent cache. Makes no file. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "exits.h"
#include "say.h"

static int say_problem(const cli_settings *settings, const glimpse_problem *problem)
{
    char name[512];
    say("%s: the file %s", settings_name_of(settings, "cache-store", name, sizeof name),
        problem->sentence);
    return EXIT_IO;
}

static void print_json(const glimpse_sqlite_file_stats *stats)
{
    printf("{\"entries\":%llu,\"bytes\":%llu,\"expired\":%llu,\"oldest_s\":",
           (unsigned long long)stats->entries, (unsigned long long)stats->bytes,
           (unsigned long long)stats->expired);
    if (stats->oldest_ms < 0)
        fputs("null", stdout);
    else
        printf("%lld", (long long)stats->oldest_ms / 1000);
    printf(",\"format\":%lld,\"file_bytes\":%llu,\"log_bytes\":%llu}\n", (long long)stats->format,
           (unsigned long long)stats->file_bytes, (unsigned long long)stats->log_bytes);
}

static void print_table(const glimpse_sqlite_file_stats *stats)
{
    printf("entries     %llu\nbytes       %llu\nexpired     %llu\n",
           (unsigned long long)stats->entries, (unsigned long long)stats->bytes,
           (unsigned long long)stats->expired);
    if (stats->oldest_ms >= 0) printf("oldest      %lld s\n", (long long)stats->oldest_ms / 1000);
    printf("format      %lld\nfile        %llu bytes\nlog         %llu bytes\n",
           (long long)stats->format, (unsigned long long)stats->file_bytes,
           (unsigned long long)stats->log_bytes);
}

static int print_stats(const cli_settings *settings)
{
    glimpse_sqlite_file_stats stats = { .size = sizeof stats };
    glimpse_problem problem;
    if (glimpse_sqlite_file_inspect(settings->cache_store, settings->store_ttl_ms, &stats,
                                    &problem) != GLIMPSE_OK)
        return say_problem(settings, &problem);
    if (settings->json)
        print_json(&stats);
    else
        print_table(&stats);
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}

static int purge(const cli_settings *settings)
{
    uint64_t removed = 0;
    glimpse_problem problem;
    int64_t older_than_ms = settings->expired ? settings->store_ttl_ms : settings->older_than_ms;
    if (glimpse_sqlite_file_purge(settings->cache_store, older_than_ms, &removed, &problem) !=
        GLIMPSE_OK)
        return say_problem(settings, &problem);
    printf(settings->json ? "{\"removed\":%llu}\n" : "%llu removed\n", (unsigned long long)removed);
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}

static int misused(const char *what)
{
    say("%s; try 'glimpse help cache'", what);
    return EXIT_USAGE;
}

int command_cache(cli_settings *settings)
{
    const char *what = settings->word_count > 0 ? settings->words[0] : "";
    bool stats = strcmp(what, "stats") == 0, partly = settings->expired || settings->older_than_ms;
    bool all = settings->word_count > 1;
    if (!stats && strcmp(what, "purge") != 0) return misused("cache needs stats or purge");
    if (all && (stats || strcmp(settings->words[1], "all") != 0))
        return misused(stats ? "stats takes no further word" : "purge knows no word but all");
    if (stats && partly) return misused("--expired and --older-than are for purge");
    if ((all && partly) || (settings->expired && settings->older_than_ms != 0))
        return misused("all, --expired and --older-than exclude each other");
    if (settings->cache_store == NULL) return misused("--cache-store is missing");
    return stats ? print_stats(settings) : purge(settings);
}
