#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Brings the appliance up in the foreground: configuration and keys on first start, then the three
# programs, until Ctrl-C. State lives in run/ (PARVIS_RUN names another folder).
set -u

cd "$(dirname "$0")/.." || exit 1
run=${PARVIS_RUN:-run}
build=build/release
config=$run/parvis.yaml
fail() { echo "parvis: $*" >&2; exit 1; }

first_start=
[ -e "$config" ] || first_start=yes
packaging/parvis-setup "$run" "$PWD/build/web" || fail "could not write $run; is the disk full or the folder read-only?"

# Asks the program itself, so that there is one reader of the file.
$build/parvis-homeserver --config "$config" --check-config || exit 1

pids=()
names=()
stop_all() {
    trap '' INT TERM
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill -TERM "${pids[i]}" 2> /dev/null; done
    for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null; done
}
trap 'echo; echo "parvis: stopping"; stop_all; echo "parvis: stopped"; exit 0' INT TERM

# $1 program, $2 URL that answers once it is healthy.
start() {
    local log=$run/$1.log
    "$build/$1" --config "$config" 2>> "$log" &
    local pid=$!
    pids+=("$pid")
    names+=("$1")
    for ((try = 0; try < 300; try++)); do
        if curl -fs -o /dev/null --max-time 2 "$2" && kill -0 "$pid" 2> /dev/null; then return 0; fi
        if ! kill -0 "$pid" 2> /dev/null; then
            tail -n 1 "$log" >&2
            stop_all
            exit 1
        fi
        sleep 0.1
    done
    stop_all
    fail "$1 does not answer at $2 after 30 s; its log is $log"
}

if [ -n "$first_start" ] || [ ! -e "$run/.admin" ]; then
    password=$(head -c 12 /dev/urandom | base64 | tr -d '/+=')
    printf '%s' "$password" |
        $build/parvis-homeserver --config "$config" user-create --name admin --admin --password-file - || exit 1
    touch "$run/.admin"
fi
start parvis-homeserver http://127.0.0.1:8008/health
start parvis-sfu http://127.0.0.1:8088/healthz
start parvis-bridge-mail http://127.0.0.1:8009/health

sign_in="the password was shown at the first start"
[ -z "${password:-}" ] || sign_in="one-time password $password  (shown only now: change it after signing in)"
cat <<EOF

  Parvis is up.

  Matrix    type this homeserver into any client:  http://localhost:8008
  Meetings  http://localhost:8088
  Mail      write to mairie@localhost by SMTP on 127.0.0.1:2525 or LMTP on $run/lmtp.sock
            no smarthost is configured: mail that leaves is put into the Maildir $run/outbox
  Sign in   name admin, $sign_in
  Newcomers register with the token $(sed -n 's/.*registration_tokens: \[\(.*\)\]/\1/p' "$config")

  Configuration $config, logs $run/*.log. Ctrl-C stops all three.

EOF

# One that ends by itself ends the others: half an appliance would only look like one.
wait -n "${pids[@]}"
for i in "${!pids[@]}"; do
    kill -0 "${pids[i]}" 2> /dev/null || echo "parvis: ${names[i]} ended; its log is $run/${names[i]}.log" >&2
done
stop_all
exit 1
