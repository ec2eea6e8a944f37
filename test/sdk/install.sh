# install.sh - for scripts in test/cli that ask with clients from npm, at the versions of the package-lock.json of a
# folder beside this file.

# install_clients FOLDER: sets $kept, a folder with the packages and the scripts; once, and kept beside the program.
# Without npm, or where it cannot fetch, the test is skipped.
install_clients() {
    needs node
    needs npm
    from=$1
    if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
        echo "SKIPPED: node 20 or later is needed, and here is $(node --version)" >&2
        exit 77
    fi
    kept=$(dirname "$GLIMPSE")/npm/$(basename "$from")
    mkdir -p "$kept"
    exec 8>"$kept/lock" # tests run side by side
    flock 8
    for file in "$from"/*.js "$from/package.json"; do
        [ ! -e "$file" ] || cp "$file" "$kept"
    done
    if ! cmp -s "$from/package-lock.json" "$kept/package-lock.json" || [ ! -d "$kept/node_modules" ]; then
        if ! (cd "$kept" && cp "$from/package-lock.json" package-lock.json &&
            timeout 180 npm ci --ignore-scripts --no-audit --no-fund --fetch-timeout 20000 --fetch-retries 1 \
                >npm.log 2>&1); then
            rm -f "$kept/package-lock.json"
            cat "$kept/npm.log" >&2
            echo "SKIPPED: npm could not fetch the clients (no network, or a registry that it does not trust)" >&2
            exit 77 # with --all, too: what is missing is no package
        fi
    fi
    exec 8>&-
}
