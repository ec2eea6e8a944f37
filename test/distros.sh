#!/bin/sh
# The README's commands on bare Debian releases, one argument a release:
#
#     sh test/distros.sh RELEASE[:user]...       bookworm, trixie, forky; trixie:user
#
# For each, a chroot is made with debootstrap, what HEAD has is cloned into it (with the folder
# ../shared beside it, where there is one), and `sh cmake/bootstrap.sh demo` and `test --all` run
# there, as root or as an ordinary user with sudo and at most 1,024 descriptors. Prints the numbers
# of tests; exit 1 when a release failed. build/distros/RELEASE.log has all that was said.
#
# Needs root that may mount, and a Debian mirror: DISTROS_MIRROR, or http://deb.debian.org/debian.
# The chroots are in /var/tmp, and gone afterwards with all that was mounted and started for them.
# DISTROS_RUN is run instead of the two commands, at the top of the tree, when it is set.
# Packages are kept for the next run in ${XDG_CACHE_HOME:-~/.cache}/glimpse-distros; it may be deleted.
set -eu
cd "$(dirname "$0")/.."
. cmake/packages.sh

mirror=${DISTROS_MIRROR:-http://deb.debian.org/debian}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/glimpse-distros
work=

usage() {
    sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
    exit 64
}

prepare() {
    [ "$(id -u)" -eq 0 ] || fail 77 "this makes chroots: run it as root, or with sudo"
    install_packages "a run on other Debians" debootstrap git
    unshare --mount --pid --fork true 2>/dev/null && unshare --mount mount -t tmpfs none /mnt 2>/dev/null ||
        fail 77 "root may not mount here (a container without CAP_SYS_ADMIN?): run it where root may"
    [ -z "$(git status --porcelain)" ] || say "What is not committed is not tested: HEAD is."
    work=$(mktemp -d /var/tmp/glimpse-distros.XXXXXX)
    trap 'rm -rf --one-file-system "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    mkdir -p "$cache" build/distros
}

# A bare Debian in $work/$1. Its release may be one that debootstrap here does not know by name yet.
make_root() { # release
    script=/usr/share/debootstrap/scripts/$1
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
    mkdir -p "$cache/$1/base" "$cache/$1/archives"
    # In a mount namespace of its own, so that nothing stays mounted whatever becomes of it.
    unshare --mount debootstrap --variant=minbase --cache-dir="$cache/$1/base" \
        "$1" "$work/$1" "$mirror" "$script"
    cp -L /etc/resolv.conf "$work/$1/etc/resolv.conf"
    # A mirror may be days behind with a release in the making.
    echo 'Acquire::Check-Valid-Until "false";' >"$work/$1/etc/apt/apt.conf.d/90mirror"
}

# Sees nothing of this machine's but its kernel, network and devices; ends with all it started.
inside() { # release, command
    unshare --mount --pid --fork --kill-child sh -c '
        root=$1 archives=$2 command=$3
        mount -t proc proc "$root/proc"
        mount --rbind /sys "$root/sys"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/dev/shm"
        mount --bind "$archives" "$root/var/cache/apt/archives"
        exec chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            sh -c "$command"' sh "$work/$1" "$cache/$1/archives" "$2"
}

put_tree() { # release
    git clone -q --no-hardlinks . "$work/$1/srv/glimpse"
    [ ! -d ../shared ] || cp -R ../shared "$work/$1/srv/shared"
}

commands=${DISTROS_RUN:-sh cmake/bootstrap.sh demo && sh cmake/bootstrap.sh test --all}

try() { # release, root|user
    make_root "$1" >"$work/$1.debootstrap" 2>&1 || {
        cat "$work/$1.debootstrap"
        return 1
    }
    put_tree "$1"
    if [ "$2" = root ]; then
        inside "$1" "cd /srv/glimpse && $commands"
        return
    fi
    inside "$1" 'apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends sudo >/dev/null &&
        useradd --create-home --shell /bin/sh builder &&
        echo "builder ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/builder'
    inside "$1" "chown -R builder: /srv && ulimit -n 1024 &&
        exec su - builder -c 'cd /srv/glimpse && $commands'"
}

# What try says, as it comes and in the log; how it ended is left in $work/code. Not called where its
# own failures would be passed over (if, ||, &&).
try_and_log() { # release, root|user, log
    echo 1 >"$work/code"
    (
        set -e
        try "$1" "$2"
        echo 0 >"$work/code"
    ) 2>&1 | tee "$3"
}

[ $# -gt 0 ] || usage
for target in "$@"; do
    case "$target" in
    -* | *[!a-z:]* | '') usage ;;
    esac
done
prepare
failed=
for target in "$@"; do
    release=${target%%:*}
    who=root
    [ "$target" = "$release" ] || who=${target#*:}
    [ "$who" = root ] || [ "$who" = user ] || usage
    log=build/distros/$release-$who.log
    say "=== Debian $release, as $who"
    try_and_log "$release" "$who" "$log"
    if [ "$(cat "$work/code")" = 0 ]; then verdict=ok; else verdict=FAILED failed=1; fi
    rm -rf --one-file-system "${work:?}/$release"
    printf '%s, %s: %s\n' "$release" "$who" "$verdict" >>"$work/verdicts"
    grep -E '^[0-9]+% tests passed|^[0-9]+ drafts, ' "$log" | sed 's/^/    /' >>"$work/verdicts"
done
say ""
cat "$work/verdicts"
[ -z "$failed" ]
