/* SPDX-License-Identifier: MIT */
/*
 * packing.h - several similar drafts go out as one request (docs/playbook.md section 5).
 *
 * Drafts with the same goal and constraints, model, temperature, max_tokens and priority that are
 * submitted within a short time of each other are gathered and sent as one request that asks for a
 * numbered list of answers; the answers are split, counted and checked. Each draft keeps its own
 * result, thresholds, deadline, cancel, cache entry and share of the usage; a draft whose answer is
 * missing or malformed is sent again, alone. Streams and raw bodies are never packed.
 *
 * Packing saves the words that the drafts have in common, which are sent once, and counts once
 * against a request limit. It costs time: a draft waits for its pack (window_ms at most) and for
 * the answers of the others. Off by default.
 */
#ifndef GLIMPSE_PACKING_H
#define GLIMPSE_PACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The largest max_drafts. */
#define GLIMPSE_PACK_DRAFTS_MAX 128

/* Part of glimpse_config. */
typedef struct glimpse_packing {
    size_t size; /* set by glimpse_config_init */
    bool on;
    int64_t window_ms;  /* how long the first draft of a pack waits for others; 0 to 60,000 */
    int64_t max_drafts; /* in one pack, 2 to GLIMPSE_PACK_DRAFTS_MAX */
    int64_t max_chars;  /* code points: the inputs of a pack have fewer in all; 1 to 1,000,000 */
} glimpse_packing;

/* The playbook's 4,000 characters. 16 drafts: as many as may use the default max_tokens (256) each
 * within 4,096 tokens, the smallest output limit of chat models that are still served. */
#define GLIMPSE_PACKING_DEFAULT { sizeof(glimpse_packing), false, 20, 16, 4000 }

/* Part of glimpse_stats. The savings may be negative: packs without usable answers cost requests
 * and tokens. */
typedef struct glimpse_packing_stats {
    size_t size;            /* set by glimpse_stats_init */
    uint64_t packs;         /* packs that were answered, with usable answers or not */
    uint64_t packed;        /* drafts that got their answer from a pack */
    uint64_t asked_again;   /* drafts that were then sent alone */
    uint64_t fruitless;     /* packs that answered no draft: their usage is in no result */
    int64_t requests_saved; /* packed - packs */

    /* The packed drafts' own requests in prompt tokens, estimated by the bytes of their bodies at
     * the pack's rate of tokens a byte, less the pack's own. 0 where usage was not reported. */
    int64_t prompt_tokens_saved;
} glimpse_packing_stats;

#ifdef __cplusplus
}
#endif
#endif
