/* session.c - sets up an engine for a command. Called by run.c and batch.c. */
#include "session.h"

#include <event2/event.h>
#include <string.h>

#include "exits.h"
#include "say.h"
#include "signals.h"

/* Why the engine refused its settings: what glimpse_config_check cannot see, the sampler's own
 * door says. */
static int say_refused(cli_session *session, const cli_settings *settings)
{
    const glimpse_config *config = &settings->engine;
    glimpse_openai_config openai;
    glimpse_sampler *sampler = NULL;
    const char *problem = NULL;
    glimpse_openai_config_init(&openai);
    if (config->base_url != NULL) openai.base_url = config->base_url;
    openai.api_key = config->api_key;
    openai.azure_deployment = config->azure_deployment;
    openai.api_version = config->api_version;
    openai.organization = config->organization;
    openai.project = config->project;
    openai.headers = config->headers;
    openai.header_count = config->header_count;
    openai.https_proxy = config->https_proxy;
    openai.http_proxy = config->http_proxy;
    openai.no_proxy = config->no_proxy;
    openai.ca_file = config->ca_file;
    openai.http_version = config->http_version;
    if (glimpse_openai_sampler_new(session->base, &openai, &sampler, &problem) == GLIMPSE_OK)
        glimpse_sampler_unref(sampler);
    if (problem == NULL || *problem == '\0') problem = "a setting is refused";
    return settings_say_problem(settings, problem);
}

int session_open(cli_session *session, cli_settings *settings)
{
    memset(session, 0, sizeof *session);
    int code = settings_check_engine(settings);
    if (code == 0) code = log_sink_open(&session->log, settings);
    if (code != 0) return code;
    session->base = process_setup();
    if (session->base == NULL) return EXIT_OS_LIMIT;
    settings->engine.log = log_sink_write;
    settings->engine.log_arg = &session->log;
    glimpse_error error = glimpse_engine_new(session->base, &settings->engine, &session->engine);
    if (error == GLIMPSE_ERR_INVALID) return say_refused(session, settings);
    if (error != GLIMPSE_OK) {
        say("the engine cannot be set up: %s", glimpse_error_sentence(error));
        return EXIT_OS_LIMIT;
    }
    if (settings->engine.use_openai == GLIMPSE_USE_OPENAI_AUTO &&
        strcmp(glimpse_engine_sampler_name(session->engine), "local") == 0)
        say("%s: the local sampler answers, no model is asked",
            settings->engine.api_key == NULL && settings->engine.base_url == NULL
                ? "neither OPENAI_API_KEY nor --base-url is given"
                : "the openai sampler cannot be set up");
    return 0;
}

void session_close(cli_session *session)
{
    glimpse_engine_free(session->engine);
    if (session->base != NULL) {
        /* A look-up of a name under way is given back in the next turns (glimpse_engine_free). */
        event_base_loop(session->base, EVLOOP_NONBLOCK);
        event_base_loop(session->base, EVLOOP_NONBLOCK);
        event_base_free(session->base);
    }
    log_sink_close(&session->log);
}
