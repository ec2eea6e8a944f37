/*
 * fuzz_prices.c - any bytes as a file of prices, the model that is looked up in it, and the body
 * that is to be paid: the file is taken whole or refused, and no sum is below nothing.
 *
 * The first line is the model, the second the body, the rest is the file.
 */
#include "fuzz.h"

#include <math.h>
#include <sys/mman.h>

#include "batch/prices.h"
#include "exits.h"
#include "support/bill_oracle.h"

/* The file's path: it is read as the program reads it. */
static const char *put_file(const fuzz_input *in)
{
    static int file = -1;
    static char path[64];
    if (file < 0) file = memfd_create("prices", MFD_CLOEXEC);
    claim(file >= 0 && ftruncate(file, 0) == 0, "no file");
    claim(pwrite(file, in->data, in->size, 0) == (ssize_t)in->size, "no room in the file");
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return path;
}

static void claim_sum(double dollars, const char *what)
{
    claim(isfinite(dollars) && dollars >= 0, what);
}

static void pay(const model_price *price, gl_slice text)
{
    size_t at;
    gl_json body;
    if (gl_json_check(text, &body, &at) != GL_JSON_OK || body.kind != GL_JSON_OBJECT) return;
    glimpse_bill bill = bill_looked_for(body);
    if (bill.prompt_tokens >= 0) claim_sum(price_of(price, &bill), "a price that is none");
    double bound = price_bound(price, body);
    claim(!isnan(bound), "a bound that is none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    gl_slice model = fuzz_line(&in), body = fuzz_line(&in);
    price_list prices;
    fuzz_hush(true); /* what is wrong with the file is said */
    int code = prices_read(&prices, put_file(&in), NULL);
    fuzz_hush(false);
    claim(code == 0 || code == EXIT_VALUE, "an exit code for something else");
    claim(code == 0 || prices.own == NULL, "half a file is kept");
    const model_price *price = prices_find(&prices, model);
    if (price != NULL) {
        claim_sum(price->input, "a price of input");
        claim_sum(price->output, "a price of output");
        pay(price, body);
    }
    prices_free(&prices);
    return 0;
}
