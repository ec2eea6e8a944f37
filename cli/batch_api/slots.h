/*
 * slots.h - the requests of a job that goes through batches: each different one once, by 128 bits
 * of SHA-256 over its key and path, with its part and the place of its answer. 48 bytes each and up
 * to 16 of index.
 */
#ifndef CLI_BATCH_API_SLOTS_H
#define CLI_BATCH_API_SLOTS_H

#include <glimpse/cache.h>

#include "base/index.h"
#include "base/sha256.h"
#include "base/siphash.h"

#define BATCH_API_ID_TEXT 33 /* 32 hex digits and a NUL: the custom_id in the part */

typedef struct batch_api_id {
    uint64_t high, low;
} batch_api_id;

typedef enum batch_api_slot_state {
    BATCH_API_WAITS,    /* in a part that has not come back */
    BATCH_API_ANSWERED, /* the line at offset of the part's output (or error) file is its answer */
    BATCH_API_REFUSED,  /* its part was refused as a whole */
    BATCH_API_AGAIN,    /* to be sent again, in another part */
    BATCH_API_LEFT      /* of a cancelled batch: not sent again in this run */
} batch_api_slot_state;

typedef struct batch_api_slot {
    batch_api_id id;
    uint64_t offset;
    uint32_t length;
    uint32_t part;
    uint16_t asked; /* batches it has been in */
    uint8_t state;
    bool in_errors;         /* the answer is in the error file */
    bool attempts_recorded; /* a record has the number of attempts: the others have 0 */
} batch_api_slot;

typedef struct batch_api_slots {
    gl_sha256 *sha;
    gl_siphash_seed seed; /* bodies are strangers', and their digests begin as they like */
    batch_api_slot *at;
    size_t count, capacity;
    gl_index by_id; /* numbers of the slots */
} batch_api_slots;

/* false: out of memory. Free it either way. */
bool batch_api_slots_init(batch_api_slots *slots);
void batch_api_slots_free(batch_api_slots *slots);

/* Gives the id of a request. salt is 0, or separates requests that must not share an answer. false:
 * no SHA-256. */
bool batch_api_id_of(batch_api_slots *slots, const glimpse_key *key, const char *path,
                     uint64_t salt, batch_api_id *id);
bool batch_api_id_equal(const batch_api_id *a, const batch_api_id *b);
void batch_api_id_write(const batch_api_id *id, char text[BATCH_API_ID_TEXT]);
bool batch_api_id_read(const char *text, size_t len, batch_api_id *id);

/* Returns the number of the slot, or SIZE_MAX. */
size_t batch_api_slots_find(const batch_api_slots *slots, const batch_api_id *id);

/* Adds an id that is not there. SIZE_MAX: out of memory. */
size_t batch_api_slots_add(batch_api_slots *slots, const batch_api_id *id);

#endif
