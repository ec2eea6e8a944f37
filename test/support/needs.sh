# needs.sh - for tests that use a program not everybody has (cmake/packages.sh: optional_packages).
# Read by the lib.sh of each kind of script test.

# needs COMMAND: ends the test as skipped, which ctest tells, where the command is not installed. In
# a run of all tests (`bootstrap.sh test --all`) that is a failure.
needs() {
    command -v "$1" >/dev/null && return
    echo "SKIPPED: $1 is not installed; 'sh cmake/bootstrap.sh test --all' installs it" >&2
    [ -z "${GLIMPSE_TEST_ALL-}" ] || exit 1
    exit 77
}
