/* order_output.h - the records of an output, put in the order of the input's lines. */
#ifndef CLI_BATCH_ORDER_OUTPUT_H
#define CLI_BATCH_ORDER_OUTPUT_H

/* The file (open at fd, locked) is written anew with the same records in the order of the lines
 * that they name, and takes its own place; fd stays the caller's. What the input holds by now is
 * not asked: no record is dropped or changed. 0, or the exit code, said: it is as it was. */
int order_output(const char *path, int fd);

#endif
