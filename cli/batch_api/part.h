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
typedef struct api_bounds {
    uint64_t requests, bytes;
} api_bounds;

struct api_job;

typedef struct api_part {
    struct api_job *job;
    uint32_t number;
    api_step step;   /* the last step in the journal */
    bool open;       /* requests are still being added */
    bool running;    /* a remote step is under way */
    bool uncertain;  /* an earlier run began this step: it may have been carried out */
    bool waits;      /* refused for lack of room at the endpoint: created again later */
    bool alone;      /* created while no other batch of ours was under way */
    bool left;       /* the batch was cancelled */
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
} api_part;

typedef enum api_file { API_FILE_IN, API_FILE_OUT, API_FILE_ERR } api_file;

/* Returns the path of one of its files, in memory of its own; NULL: out of memory. */
char *api_part_path(const char *output, uint32_t number, api_file which);

api_part *api_part_new(uint32_t number, const char *path);
void api_part_free(api_part *part);

/* Sets a text to a copy. false: out of memory. */
bool api_part_set(char **text, const char *value);

/* Returns true when a request of so many units and bytes still fits. */
bool api_part_fits(const api_part *part, const api_bounds *bounds, uint64_t units, uint64_t bytes);

/* Appends a line (without its end) to the part's file, which is made when it is the first. 0, or an
 * errno. */
int api_part_add(api_part *part, const char *output, gl_slice line, uint64_t units);

/* Brings all of it to the disk. 0, or an errno. */
int api_part_close(api_part *part);

/* Deletes its files. false after an error message: one of them cannot be deleted. */
bool api_part_remove_files(api_part *part, const char *output);

/* Writes the name of try number `tries` at the endpoint: "3-1". */
void api_part_name(const api_part *part, char *name, size_t size);

#endif
