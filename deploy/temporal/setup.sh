#!/bin/sh
# Waits for Temporal, makes the namespace where it is missing, and registers the search attributes that every job carries.
# What is there already is left as it is, so this may run at every start. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say where;
# TEMPORAL_RETENTION for how long a new namespace keeps finished jobs.
set -eu

tries=120
# Counts an attempt, and ends the script with a reason after the last one.
attempt_again() {
  tries=$((tries - 1))
  if [ "$tries" -le 0 ]; then
    echo "Temporal at $TEMPORAL_ADDRESS, namespace $TEMPORAL_NAMESPACE: $1" >&2
    exit 1
  fi
  sleep 1
}

until temporal operator cluster health 2>/dev/null | grep -q SERVING; do
  attempt_again 'the server did not come up'
done
until temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "${TEMPORAL_RETENTION:-168h}"; do
  attempt_again 'the namespace could not be made'
done

# It takes some seconds until every part of the server knows a new namespace.
until temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
  --name JobType --type Keyword --name BusinessKey --type Keyword; do
  attempt_again 'the search attributes could not be registered'
done
echo 'Temporal is ready: search attributes JobType and BusinessKey are registered'
