/* sample.h - the fields of a sample before anything is known. */
#ifndef GL_SAMPLE_H
#define GL_SAMPLE_H

#include <glimpse/sample.h>

#define GL_SAMPLE_FIELDS_USUAL                                                                     \
    { .size = sizeof(glimpse_sample_fields), .usage = { -1, -1, -1 }, .bill = { -1, 0, 0 } }

#endif
