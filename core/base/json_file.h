/*
 * json_file.h - a file of settings in JSON, read strictly: the place of a fault and its reason, and
 * members that are unknown or come twice, which would be read as something else than was meant.
 * Pure.
 */
#ifndef GL_BASE_JSON_FILE_H
#define GL_BASE_JSON_FILE_H

#include "base/json.h"

/* Where a file is wrong: "keys[2].rpm", and why. */
typedef struct gl_json_fault {
    char path[96], reason[160];
} gl_json_fault;

/* Refuses "PLACE.MEMBER", or one of the two where the other is NULL. A path or a reason that does
 * not fit is cut. Returns false. */
bool gl_json_refuse(gl_json_fault *fault, const char *place, const char *member,
                    const char *reason);

/* Checks the text of a file and gives its members, as gl_json_members. */
bool gl_json_file(gl_slice text, const char *const *names, gl_json *found, size_t count,
                  gl_json_fault *fault);

/* Gives the members of an object: found[i] for names[i], GL_JSON_NONE where it is missing. false:
 * the value at this place is no object, or has a member that is unknown or comes twice. */
bool gl_json_members(gl_json object, const char *place, const char *const *names, gl_json *found,
                     size_t count, gl_json_fault *fault);

/* Writes the name of a member as it is spelled, for a path; a long one is cut. */
void gl_json_member_name(gl_json name, char *out, size_t size);

#endif
