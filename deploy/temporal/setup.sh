#!/bin/sh
# Waits for Temporal and for the namespace, then registers the search attributes that every job carries. Registering
# one that exists changes nothing, so this may run at every start. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE
# select the namespace.
set -eu

tries=120
until temporal operator cluster health 2>/dev/null | grep -q SERVING &&
  temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; do
  tries=$((tries - 1))
  if [ "$tries" -le 0 ]; then
    echo "Temporal at $TEMPORAL_ADDRESS, namespace $TEMPORAL_NAMESPACE, did not come up" >&2
    exit 1
  fi
  sleep 1
done

# It takes some seconds until every part of the server knows a new namespace.
until temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
  --name JobType --type Keyword --name BusinessKey --type Keyword; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || exit 1
  sleep 1
done
echo 'Temporal is ready: search attributes JobType and BusinessKey are registered'
