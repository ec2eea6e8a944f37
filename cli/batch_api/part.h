/*
 * part.h - one part of a job: a file of requests for one model and path, and its progress. Its
 * files are beside the output: OUTPUT.part-N.in (the upload), .out and .err (the downloads); they
 * are removed when its records are on disk.
 */
#ifndef CLI_BATCH_API_PART_H
#define CLI_BATCH_API_PART_H

#include <stdio.h>

#include "base/buf.h"
#include "batch_api/journal.h"
#include "batch_api/slots.h"

/* The largest size of a part. */
typedef struct batch_api_bounds {
    uint64_t requests, bytes;
} batch_api_bounds;

struct batch_api_job;

typedef struct batch_api_part {
    struct batch_api_job *job;
    uint32_t number;
    batch_api_step step; /* the last step in the journal */
    bool open;           /* requests are still being added */
    bool running;        /* a remote step is under way */
    bool uncertain;      /* an earlier run began this step: it may have been carried out */
    bool waits;          /* refused for lack of room at the endpoint: created again later */
    bool alone;          /* created while no other batch of ours was under way */
    bool left;           /* the batch was cancelled */
    bool file_waits; /* the endpoint has not made its file ready: no batch can be made of it yet */
    bool file_checked; /* a creation failed, and not because of that */
    char *path;        /* of the requests: "/chat/completions" */
    char *model; /* JSON text; NULL when a journal made the part: no request is added any more */
    uint64_t requests, units, bytes; /* units: embedding inputs, else requests */
    uint32_t asked, tries, invalid;
    uint32_t no_room; /* times it was refused for lack of room while alone */
    char *file, *batch, *output, *errors, *code, *message;
    int64_t answered, total; /* by the endpoint's last report */
    char *status;            /* the endpoint's last unknown word for its state, NULL before */
    int in, out, err;        /* descriptors, -1 */
    gl_buf pending;          /* of in, not written yet */
} batch_api_part;

typedef enum batch_api_file {
    BATCH_API_FILE_IN,
    BATCH_API_FILE_OUT,
    BATCH_API_FILE_ERR
} batch_api_file;

/* Returns the path of one of its files, in memory of its own; NULL: out of memory. */
char *batch_api_part_path(const char *output, uint32_t number, batch_api_file which);

batch_api_part *batch_api_part_new(uint32_t number, const char *path);
void batch_api_part_free(batch_api_part *part);

/* Sets a text to a copy. false: out of memory. */
bool batch_api_part_set(char **text, const char *value);

/* Returns true when a request of so many units and bytes still fits. */
bool batch_api_part_fits(const batch_api_part *part, const batch_api_bounds *bounds, uint64_t units,
                         uint64_t bytes);

/* Appends a line (without its end) to the part's file, which is made when it is the first. 0, or an
 * errno. */
int batch_api_part_add(batch_api_part *part, const char *output, gl_slice line, uint64_t units);

/* Brings all of it to the disk. 0, or an errno. */
int batch_api_part_close(batch_api_part *part);

/* Deletes its files. false after an error message: one of them cannot be deleted. */
bool batch_api_part_remove_files(batch_api_part *part, const char *output);

/* Writes the name of try number `tries` at the endpoint: "3-1". */
void batch_api_part_name(const batch_api_part *part, char *name, size_t size);

#endif
