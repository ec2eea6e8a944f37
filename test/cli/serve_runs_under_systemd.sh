# The unit and the socket of docs/examples/systemd are right for systemd, and its command line is one
# that serves with passed sockets and ends in order.
UNITS=${script%/test/cli/*}/docs/examples/systemd
cp "$UNITS/glimpse.service" "$UNITS/glimpse.socket" .
sed -i "s,^ExecStart=/usr/bin/glimpse,ExecStart=$GLIMPSE," glimpse.service

# Each line is a section, a comment, empty, or a key of systemd's with a value.
keys='Description|Requires|After|Wants|EnvironmentFile|ExecStart|ExecReload|TimeoutStopSec|Restart|'
keys="$keys"'RestartPreventExitStatus|LimitNOFILE|DynamicUser|StateDirectory|StateDirectoryMode|'
keys="$keys"'NoNewPrivileges|ProtectSystem|ProtectHome|PrivateTmp|PrivateDevices|ProtectKernelTunables|'
keys="$keys"'ProtectControlGroups|RestrictAddressFamilies|MemoryDenyWriteExecute|SystemCallFilter|WantedBy|'
keys="$keys"'ListenStream|SocketMode|Backlog|NoDelay'
! grep -vE "^(#.*|\[(Unit|Service|Socket|Install)\]|($keys)=.+|)$" glimpse.service glimpse.socket >out ||
    fail 'a line that systemd does not know'
if command -v systemd-analyze >/dev/null; then
    systemd-analyze --man=no verify "$PWD/glimpse.service" "$PWD/glimpse.socket" >out 2>&1 ||
        fail 'systemd-analyze verify'
    ! grep -E 'glimpse\.(service|socket)' out || fail 'systemd-analyze verify has something to say'
    sed 's/^Restart=.*/Restart=sometimes/; s/^NoDelay/NoDelays/' glimpse.service >wrong.service
    systemd-analyze --man=no verify "$PWD/wrong.service" >out 2>&1 || : # older ones end with 0
    grep -q sometimes out || fail 'a wrong value is not found'
fi

start_mock
export OPENAI_BASE_URL="$URL" STATE_DIRECTORY="$PWD"
eval "set -- $(sed -n 's/^ExecStart=[^ ]* //p' glimpse.service)"
"$GLIMPSE" "$@" --metrics 127.0.0.1:0 --listen "unix:$PWD/sock" >serve.out 2>err &
SERVE=$!
pids="$pids $SERVE"
until_true test -s serve.out
equal status "$(curl -s -m 20 -o answer -w '%{http_code}' --unix-socket sock http://localhost/readyz)" 200
[ -f answers.db ] || fail 'no store'
kill -s TERM "$SERVE"
draining() { ! kill -s TERM "$SERVE" 2>/dev/null || grep -q '^State:.Z' "/proc/$SERVE/status"; }
until_true draining
