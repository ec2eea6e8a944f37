/*
 * commands.c - the table of commands, and its texts: `glimpse help` and --help of each command.
 */
#include "commands.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "exits.h"
#include "say.h"

const cli_command command_table[] = {
    { "run", FOR_RUN, SIZE_MAX, "[OPTIONS] [TEXT... | -]",
      "send one draft and print the answer; the text comes from the words given, or from standard "
      "input when they are - or none",
      "  glimpse run --goal 'summarize in one sentence' 'The quick brown fox ...'\n"
      "  man 7 signal | glimpse run --goal 'list the signals that cannot be caught'\n"
      "  glimpse run --json --model gpt-4o 'Hello' | jq .glimpse\n",
      command_run },
    { "batch", FOR_BATCH, 1, "[OPTIONS] INPUT.jsonl -o OUTPUT.jsonl",
      "run a job: a request for each line of INPUT, a record for each in OUTPUT; - is standard "
      "input or output",
      "  glimpse batch drafts.jsonl -o out.jsonl --summary summary.json\n"
      "  glimpse batch requests.jsonl -o out.jsonl --concurrency 500 --max-attempts 8\n"
      "  jq -c '{input_text: .text}' docs.jsonl | glimpse batch - -o - |\n"
      "      jq -r .glimpse.sample\n"
      "\nA line of INPUT is a draft or a line of OpenAI's Batch file format:\n"
      "  {\"custom_id\":\"a\",\"input_text\":\"...\",\"goal\":\"...\",\"constraints\":\"...\"}\n"
      "  "
      "{\"custom_id\":\"b\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{...}}\n",
      command_batch },
    { "serve", FOR_SERVE, 0, "[OPTIONS]",
      "serve an OpenAI-compatible endpoint in front of another: any client gains cache, retries "
      "and "
      "pacing by one URL; until SIGTERM",
      "  glimpse serve            # the endpoint and its key from the environment\n"
      "  glimpse serve --listen 8081 --base-url http://127.0.0.1:8000/v1\n"
      "  glimpse serve --listen unix:/run/glimpse/api --cache-store answers.db\n"
      "  OPENAI_BASE_URL=http://127.0.0.1:8080/v1 python app.py\n"
      "  curl http://127.0.0.1:8080/v1/chat/completions \\\n"
      "      -d "
      "'{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}'\n"
      "\nOther machines may reach it with keys of its own, which it knows as hashes:\n"
      "  glimpse serve --new-key web          # prints a key, and the line of keys.json\n"
      "  glimpse serve --listen 0.0.0.0:8080 --keys keys.json\n"
      "  {\"keys\": [{\"name\": \"web\", \"sha256\": \"...\", \"share\": \"team-a\",\n"
      "    \"priority\": \"interactive\", \"rpm\": 600, \"tpm\": 200000, \"concurrency\": 64,\n"
      "    \"budget_usd\": 25.0, \"budget_window\": \"day\", \"models\": [\"gpt-4o-mini\"],\n"
      "    \"expires\": \"2027-01-01\"}]}\n"
      "Name and hash are required. Callers share answers within one share only.\n"
      "\nEach answer says what it cost: Glimpse-Attempts, Glimpse-Status (live, cache,\n"
      "coalesced, local), Cache-Status, Age, Server-Timing.\n"
      "\nWatch it: a page at http://127.0.0.1:8080/ (on this machine), --access-log FILE,\n"
      "--metrics 9464, --alert-command COMMAND; /readyz says why nothing is answered.\n"
      "docs/serve.md is a guide.\n",
      command_serve },
    { "bench", FOR_BENCH, 64, "[OPTIONS] | --compare BEFORE.json AFTER.json...",
      "load an endpoint and measure it: a closed loop of users, or an open loop at a rate, whose "
      "latency counts from the schedule; without --base-url against a mock of its own",
      "  glimpse bench\n"
      "  glimpse bench --rate 500 --arrival poisson --duration 60s --json run.json\n"
      "  glimpse bench --base-url http://127.0.0.1:8000/v1 --concurrent-users 200 \\\n"
      "      --duration 60s --sla 'p95<2500ms,error_rate<5%,hit_rate>30%'\n"
      "  glimpse bench --sweep --sla 'p95<2500ms' --base-url http://127.0.0.1:8000/v1\n"
      "  glimpse bench --compare yesterday.json today.json\n"
      "  glimpse bench --playbook\n"
      "  glimpse bench --calibrate\n",
      command_bench },
    { "mock", FOR_MOCK, 0, "[OPTIONS]",
      "serve an OpenAI-compatible endpoint that simulates latency and faults, until SIGTERM",
      "  glimpse mock --port 8080 --latency lognormal:1400ms:2500ms\n"
      "  glimpse mock --port-file port --fault 429:5%,500:2%,reset:1%\n"
      "  glimpse mock --record https://api.openai.com/v1 --record-file monday\n"
      "  glimpse mock --replay monday\n"
      "  glimpse batch in.jsonl -o out.jsonl --base-url http://127.0.0.1:8080/v1\n",
      command_mock },
    { "key", FOR_KEY, 1, "[--canonical] [BODY.json | -]",
      "print the cache key of a chat body as 64 hex digits",
      "  glimpse key body.json\n"
      "  glimpse key --canonical body.json | sha256sum\n",
      command_key },
    { "cache", FOR_CACHE, 2, "stats | purge [all] [OPTIONS]",
      "look into the file of a persistent cache, or delete from it; purge deletes all, or what "
      "--expired or --older-than says; neither makes a file",
      "  glimpse cache stats --cache-store answers.db\n"
      "  glimpse cache purge --cache-store answers.db --older-than 168h\n",
      command_cache },
    { "profile", FOR_PROFILE, SIZE_MAX, "show [OPTIONS] [MODEL...]",
      "print what is known of models: thresholds, prices, parameters, time limits, and where each "
      "of them comes from",
      "  glimpse profile show\n"
      "  glimpse profile show gpt-4o-mini openai/o3-mini --profiles mine.json\n"
      "  glimpse batch in.jsonl -o out.jsonl --profiles mine.json\n"
      "\nmine.json, each field optional; a name is of the models that begin with it and\n"
      "go on with - . or :, but for its price, which is of that name (or it with a\n"
      "date) alone; \"*\" is of all:\n"
      "  {\"my-model\": {\"thresholds_ms\": [1200, 2200, 3500, 5500],\n"
      "    \"price\": {\"input\": 0.15, \"output\": 0.6, \"cached_input\": 0.075,\n"
      "              \"max_output\": 16384},\n"
      "    \"max_tokens_as\": \"max_tokens\", \"temperature\": true, \"schema\": true,\n"
      "    \"stream_options\": true, \"first_byte_timeout_ms\": 30000,\n"
      "    \"idle_timeout_ms\": 10000, \"timeout_ms\": 120000}}\n"
      "\nA flag beats a profile, a profile beats a default; --thresholds auto begins at\n"
      "the profile's.\n",
      command_profile },
    { "version", 0, 0, "", "print the versions of glimpse and of the libraries it runs on", NULL,
      command_version },
    { "help", 0, 1, "[COMMAND]", "print this, or the help of a command", NULL, command_help },
};
const size_t command_count = sizeof command_table / sizeof command_table[0];

const cli_command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(command_table[i].name, name) == 0) return &command_table[i];
    return NULL;
}

int command_unknown(const char *name)
{
    const char *near = NULL;
    size_t len = strlen(name), nearest = len / 3 + 1; /* a third of it may be wrong */
    if (name[0] == '-') {
        say("'%.60s' comes before a command; options go behind it: try 'glimpse help'", name);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < command_count && len <= 60; i++) {
        size_t far = word_distance(name, len, command_table[i].name);
        if (far > nearest || (near != NULL && far == nearest)) continue;
        near = command_table[i].name;
        nearest = far;
    }
    say("unknown command '%.60s'%s%s%s; try 'glimpse help'", name,
        near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
        near != NULL ? "'?)" : "");
    return EXIT_USAGE;
}

static const char exit_codes[] =
    "\nExit codes:\n"
    "  0 all answered   1 some failed, each has its record   64 usage   65 bad input\n"
    "  69 endpoint unreachable, or the job's deadline   71 a limit of the system\n"
    "  73 the output exists   74 read or write error   75 stopped, to go on later:\n"
    "  the quota used up, the cost limit, a wrong address, or the output locked by\n"
    "  another process\n"
    "  77 credentials refused   78 a value refused\n"
    "  129, 130, 143 ended by SIGHUP, SIGINT, SIGTERM\n";

static const char bench_exit_codes[] =
    "\nExit codes:\n"
    "  0 measured, and --sla met   1 --sla missed, --compare worse, a search whose\n"
    "  least was not met, or every request failed (failures that are fewer are a\n"
    "  figure: --sla 'error_rate<1%')   64 usage   65 bad input\n"
    "  69 endpoint unreachable   70 INVALID: the client spoilt the run\n"
    "  71 a limit of the system   74 read or write error   75 stopped: the quota is\n"
    "  used up, or the address wrong   77 credentials refused   78 a value refused\n"
    "  129, 130, 143 ended by SIGHUP, SIGINT, SIGTERM\n";

static const char serve_exit_codes[] =
    "\nExit codes:\n"
    "  0 ended in order, after SIGTERM or SIGINT   64 usage\n"
    "  71 an address is in use or not permitted, or another limit of the system\n"
    "  74 read or write error   78 a value refused\n"
    "  129, 130, 143 cut short by a second SIGHUP, SIGINT, SIGTERM\n";

static void print_overview(void)
{
    fputs("glimpse: very many OpenAI-compatible requests in flight from one thread\n\n"
          "usage: glimpse COMMAND [OPTIONS] ...\n\nCommands:\n",
          stdout);
    for (size_t i = 0; i < command_count; i++) {
        int column = printf("  %-9s", command_table[i].name);
        help_wrap(command_table[i].summary, (size_t)column, 11);
    }
    fputs("\nFirst steps:\n"
          "  export OPENAI_API_KEY=...               without it, run answers locally\n"
          "  glimpse run --goal 'summarize in one sentence' 'The quick brown fox ...'\n"
          "  glimpse batch drafts.jsonl -o out.jsonl\n"
          "\n'glimpse help COMMAND' tells the rest.\n",
          stdout);
}

void help_print(const cli_command *command)
{
    if (command == NULL) {
        print_overview();
        return;
    }
    printf("usage: glimpse %s%s%s\n\n", command->name, *command->usage != '\0' ? " " : "",
           command->usage);
    help_wrap(command->summary, 0, 0);
    if (command->examples != NULL) printf("\nExamples:\n%s", command->examples);
    if (command->bit != 0) option_print_help(command->bit);
    if ((command->bit & (FOR_RUN | FOR_BATCH)) != 0) fputs(exit_codes, stdout);
    if (command->bit == FOR_BENCH) fputs(bench_exit_codes, stdout);
    if (command->bit == FOR_SERVE) fputs(serve_exit_codes, stdout);
}

int command_help(cli_settings *settings)
{
    const cli_command *about = NULL;
    if (settings->word_count > 0) {
        about = command_find(settings->words[0]);
        if (about == NULL) return command_unknown(settings->words[0]);
    }
    help_print(about);
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}
