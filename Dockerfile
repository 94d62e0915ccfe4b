# syntax=docker/dockerfile:1

# One image for every role; the command says which one a container plays:
#   node dist/api/main.js                           the API (the default)
#   node dist/worker/main.js                        a worker
#   node dist/domain/database/migrate-main.js       brings the database up to date, then exits
#   node dist/schedules/main.js apply               makes the engine's schedules the declared ones, then exits
#   node deploy/rabbitmq/setup.mjs                  makes the queues in a RabbitMQ, then exits
#   node dist/tools/payment-sandbox/main.js         a payment provider for trying, where no money moves
# Debian rather than Alpine: the native part of the Temporal SDK needs glibc.
ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS base
WORKDIR /app
ENV NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false NPM_CONFIG_AUDIT=false
COPY package.json package-lock.json ./
COPY packages/durable-jobs/package.json packages/durable-jobs/

FROM base AS dependencies
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts

# Compiles TypeScript and bundles the workflows, so that no worker has to at its start.
FROM dependencies AS build
# .dockerignore lets through the sources and nothing else.
COPY . .
RUN npm run build

FROM dependencies AS production-dependencies
RUN npm prune --omit=dev --ignore-scripts
# The package of the Temporal SDK brings its native part for every platform, some 27 MB each.
RUN find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} + \
  && test -e "node_modules/@temporalio/core-bridge/releases/$(uname -m)-unknown-linux-gnu/index.node"

FROM ${NODE_IMAGE} AS runtime
# The SDK checks TLS certificates of Temporal against the system's authorities, which the slim image lacks.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  # What the payment sandbox keeps, on a volume that takes this owner over.
  && install --directory --owner=1000 --group=1000 /var/lib/payment-sandbox
WORKDIR /app
# Inside a container, listening on all interfaces is what makes the ports reachable at all.
ENV NODE_ENV=production \
  API_HOST=0.0.0.0 \
  API_METRICS_HOST=0.0.0.0 \
  WORKER_HEALTH_HOST=0.0.0.0
COPY --from=production-dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/packages/durable-jobs/dist packages/durable-jobs/dist
COPY packages/durable-jobs/package.json packages/durable-jobs/
COPY package.json LICENSE ./
COPY deploy/healthcheck.mjs deploy/
COPY deploy/rabbitmq deploy/rabbitmq/
# The files belong to root, so the process can not change its own code. By numbers, Kubernetes can tell that it is not root.
USER 1000:1000
EXPOSE 3000 3001 3002
STOPSIGNAL SIGTERM
# Whichever of the API and the worker runs here must answer; deploy/healthcheck.mjs takes the role to ask for just one.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "deploy/healthcheck.mjs"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="durable-jobs" \
  org.opencontainers.image.description="Durable background jobs of a shop on Temporal: API, worker, migration and schedules" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
CMD ["node", "dist/api/main.js"]
