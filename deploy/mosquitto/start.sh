#!/bin/sh
# Starts mosquitto with our limits, rights and passwords. STATE: its folder; SECRETS: files with passwords;
# SHIPPED: our acl and limits.conf; TLS_PORT: for devices; PLAIN_PORT: inside the network of containers only.
set -eu
umask 077
mkdir -p "$STATE/store"
passwords="$STATE/passwords"
: >"$passwords"
add() { printf '%s:%s\n' "$1" "$2" >>"$passwords"; }
add ingest "$(cat "$SECRETS/mqtt_ingest_password")"
add network-server "$(cat "$SECRETS/mqtt_network_server_password")"
# One NAME:PASSWORD a line for devices that speak MQTT themselves.
grep -v '^#' "$SECRETS/mqtt_devices" >>"$passwords" || true
mosquitto_passwd -U "$passwords"
cp "$SHIPPED/acl" "$STATE/acl"
{
    echo "per_listener_settings false"
    echo "allow_anonymous false"
    echo "password_file $passwords"
    echo "acl_file $STATE/acl"
    echo "persistence_location $STATE/store/"
    echo "log_dest stderr"
    cat "$SHIPPED/limits.conf"
    echo "listener $PLAIN_PORT ${PLAIN_HOST:-0.0.0.0}"
    if [ -s "$SECRETS/mqtt_certificate" ] && [ -s "$SECRETS/mqtt_key" ]; then
        cp "$SECRETS/mqtt_certificate" "$SECRETS/mqtt_key" "$STATE/"
        echo "listener $TLS_PORT ${TLS_HOST:-0.0.0.0}"
        echo "certfile $STATE/mqtt_certificate"
        echo "keyfile $STATE/mqtt_key"
        echo "tls_version tlsv1.2"
    fi
} >"$STATE/mosquitto.conf"
if [ "$(id -u)" = 0 ]; then
    chown -R mosquitto: "$STATE"
fi
exec mosquitto -c "$STATE/mosquitto.conf"
