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

# $1 section, $2 key, $3 what counts when the file does not say.
setting() {
    awk -v section="$1:" -v key="$2:" -v value="$3" \
        '/^[a-z_]/ { here = $1 } here == section && $1 == key { value = $2 } END { print value }' "$config"
}

pids=()
names=()
stop_all() {
    trap '' INT TERM
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill -TERM "${pids[i]}" 2> /dev/null; done
    for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null; done
}
give_up() {
    stop_all
    fail "$@"
}
trap 'echo; echo "parvis: stopping"; stop_all; echo "parvis: stopped"; exit 0' INT TERM

# What a program says last tells why it could not start.
last_words() {
    tail -n 1 "$1" | sed 's/^<[0-9]>//' >&2
    stop_all
    exit 1
}

# $1 program, $2 address, $3 port and $4 path that answer once it is healthy.
start() {
    local log=$run/$1.log url=http://$2:$3$4
    if (exec 3<> "/dev/tcp/$2/$3") 2> /dev/null; then
        give_up "port $3 is taken by another program; stop that one, or set another port for $1 in $config"
    fi
    "$build/$1" --config "$config" 2>> "$log" &
    local pid=$!
    pids+=("$pid")
    names+=("$1")
    for ((try = 0; try < 300; try++)); do
        kill -0 "$pid" 2> /dev/null || last_words "$log"
        curl -fs -o /dev/null --max-time 2 "$url" && return 0
        sleep 0.1
    done
    give_up "$1 does not answer at $url after 30 s; its log is $log"
}

packaging/parvis-setup "$run" "$PWD/build/web" ||
    fail "could not write $run; is the disk full or the folder read-only?"
for program in parvis-homeserver parvis-sfu parvis-bridge-mail; do
    "$build/$program" --config "$config" --check-config || exit 1
done

sign_in="the password was shown at the first start"
if [ ! -e "$run/.admin" ]; then
    password=$(head -c 12 /dev/urandom | base64 | tr -d '/+=')
    printf '%s' "$password" | "$build/parvis-homeserver" --config "$config" user-create \
        --name admin --admin --password-file - > /dev/null 2>> "$run/parvis-homeserver.log" ||
        last_words "$run/parvis-homeserver.log"
    touch "$run/.admin"
    sign_in="one-time password $password  (shown only now: change it after signing in)"
fi

start parvis-homeserver "$(setting homeserver listen_address 127.0.0.1)" "$(setting homeserver port 8008)" /health
start parvis-sfu "$(setting sfu listen_address 127.0.0.1)" "$(setting sfu meeting_port 8088)" /healthz
start parvis-bridge-mail "$(setting bridge_mail listen_address 127.0.0.1)" "$(setting bridge_mail port 8009)" /health

smarthost=$(setting bridge_mail smarthost_url "")
cat <<EOF

  Parvis is up.

  Matrix    type this homeserver into any client:  $(setting homeserver public_url http://localhost:8008)
  Meetings  $(setting sfu public_url http://localhost:8088)
  Mail      write to mairie@localhost: SMTP on 127.0.0.1:$(setting bridge_mail smtp_port 0), LMTP on $run/lmtp.sock
            $(if [ -n "$smarthost" ]; then echo "mail leaves by $smarthost"; else
              echo "no smarthost is configured: mail that leaves is put into the Maildir $run/outbox"; fi)
  Sign in   name admin, $sign_in
            newcomers register with the token $(setting homeserver registration_tokens "(none)" | tr -d '[]')

  Configuration $config, logs $run/*.log. Ctrl-C stops all three.

EOF

# One that ends by itself ends the others: half an appliance would only look like one.
wait -n "${pids[@]}"
for i in "${!pids[@]}"; do
    kill -0 "${pids[i]}" 2> /dev/null || echo "parvis: ${names[i]} ended; its log is $run/${names[i]}.log" >&2
done
stop_all
exit 1
