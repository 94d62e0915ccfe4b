{{/* The names of all task queues of the application. */}}
{{- define "durable-jobs.taskQueues" -}}
["jobs", "mail", "payments", "bulk", "services"]
{{- end }}

{{- define "durable-jobs.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* The labels that select pods: of this installation, and with `component` of one part. Takes a dict of root and component. */}}
{{- define "durable-jobs.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- with .group }}
durable-jobs/worker-group: {{ . }}
{{- end }}
{{- end }}

{{- define "durable-jobs.labels" -}}
{{ include "durable-jobs.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Takes a dict of root and tag, which may be empty. */}}
{{- define "durable-jobs.image" -}}
{{- $image := .root.Values.image }}
{{- if .tag }}
{{- printf "%s:%s" $image.repository .tag }}
{{- else if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository (default .root.Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}

{{- define "durable-jobs.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- include "durable-jobs.fullname" . }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* A value of a variable as text: large numbers are not written with an exponent. */}}
{{- define "durable-jobs.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* The environment of a process. Takes a dict of root, process, values (variables that differ), and own (what the chart sets). */}}
{{- define "durable-jobs.env" -}}
{{- $root := .root }}
{{- $process := .process }}
{{- $values := mergeOverwrite (deepCopy $root.Values.env) (default dict .values) }}
{{- $lists := $root.Files.Get "files/variables.yaml" | fromYaml }}
{{- $variables := dict }}
{{- range $list := $lists.variables }}
{{- if has $process $list.readers }}
{{- range $name := $list.names }}
{{- if hasKey $values $name }}
{{- $_ := set $variables $name (include "durable-jobs.text" (get $values $name)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $list := $lists.secrets }}
{{- if has $process $list.readers }}
{{- range $name := $list.names }}
{{- $file := printf "%s_FILE" $name }}
{{- if has $name $root.Values.secrets.variables }}
{{- $_ := set $variables $file (printf "/run/secrets/durable-jobs/%s" $name) }}
{{- else if hasKey $values $file }}
{{- $_ := set $variables $file (get $values $file) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $value := .own }}
{{- $_ := set $variables $name (toString $value) }}
{{- end }}
{{- range $name, $value := $variables }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* The keys of the Secret that a process mounts. */}}
{{- define "durable-jobs.secretItems" -}}
{{- $process := .process }}
{{- $names := .root.Values.secrets.variables }}
{{- range $list := (.root.Files.Get "files/variables.yaml" | fromYaml).secrets }}
{{- if has $process $list.readers }}
{{- range $name := $list.names }}
{{- if has $name $names }}
- key: {{ $name }}
  path: {{ $name }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Volumes of a pod. Takes a dict of root and process. */}}
{{- define "durable-jobs.volumes" -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- with include "durable-jobs.secretItems" . }}
- name: secrets
  secret:
    secretName: {{ $.root.Values.secrets.existingSecret }}
    # Readable by the group of the process only.
    defaultMode: 0440
    items:
      {{- . | trim | nindent 6 }}
{{- end }}
{{- with .root.Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "durable-jobs.volumeMounts" -}}
- name: tmp
  mountPath: /tmp
{{- if include "durable-jobs.secretItems" . }}
- name: secrets
  mountPath: /run/secrets/durable-jobs
  readOnly: true
{{- end }}
{{- with .root.Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "durable-jobs.podSecurity" -}}
automountServiceAccountToken: false
# Otherwise a Service named "api" or "temporal" would set variables such as API_PORT.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "durable-jobs.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* Takes the values of a part: cpu, cpuLimit and memoryMi. */}}
{{- define "durable-jobs.resources" -}}
resources:
  requests:
    cpu: {{ .cpu }}
    memory: {{ .memoryMi }}Mi
  limits:
    {{- with .cpuLimit }}
    cpu: {{ . }}
    {{- end }}
    memory: {{ .memoryMi }}Mi
{{- end }}

{{/* Spreads the pods of a Deployment over zones and nodes. Takes the arguments of durable-jobs.selector. */}}
{{- define "durable-jobs.spread" -}}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "durable-jobs.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}

{{/* The groups of workers with their defaults, as JSON. */}}
{{- define "durable-jobs.workers" -}}
{{- $groups := dict }}
{{- range $name, $group := .Values.workers }}
{{- if $group }}
{{- $_ := set $groups $name (mergeOverwrite (deepCopy $.Values.workerDefaults) (deepCopy $group)) }}
{{- end }}
{{- end }}
{{- toJson $groups }}
{{- end }}

{{/* What is wrong with the values, one line for each, although they fit the schema. */}}
{{- define "durable-jobs.problems" -}}
{{- $values := .Values }}
{{- if not $values.image.repository }}
image.repository: is required
{{- end }}
{{- range $name := list "DATABASE_URL" "TEMPORAL_ADDRESS" "SMTP_URL" }}
{{- if not (get $values.env $name) }}
env.{{ $name }}: is required
{{- end }}
{{- end }}
{{- $environments := dict "env" $values.env "workerDefaults.env" (default dict $values.workerDefaults.env) }}
{{- range $group, $worker := $values.workers }}
{{- if $worker }}{{ $_ := set $environments (printf "workers.%s.env" $group) (default dict $worker.env) }}{{ end }}
{{- end }}
{{- range $place, $env := $environments }}
{{- range $name, $value := $env }}
{{- if regexMatch "://[^/@]*:[^@]*@|^https?://[^/?#]*@|(?i)[?&][^=&#]*(password|secret|token|api_?key)[^=&#]*=" (toString $value) }}
{{ $place }}.{{ $name }}: must not contain a password or another secret
{{- if has $name (list "DATABASE_URL" "SMTP_URL" "AMQP_URL") }}: put it into the Secret as {{ regexReplaceAll "_URL$" $name "_PASSWORD" }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name := list "API_KEY" "APP_SECRET" }}
{{- if not (or (has $name $values.secrets.variables) (hasKey $values.env (printf "%s_FILE" $name))) }}
secrets.variables: must contain {{ $name }}, unless env.{{ $name }}_FILE is set
{{- end }}
{{- end }}
{{- if not (or (has "STRIPE_API_KEY" $values.secrets.variables) $values.env.STRIPE_API_KEY_FILE $values.env.PAYMENT_SANDBOX_URL) }}
secrets.variables: must contain STRIPE_API_KEY, unless env.STRIPE_API_KEY_FILE or env.PAYMENT_SANDBOX_URL is set
{{- end }}
{{- range $name := $values.secrets.variables }}
{{- if hasKey $values.env (printf "%s_FILE" $name) }}
env.{{ $name }}_FILE: must not be set while secrets.variables contains {{ $name }}
{{- end }}
{{- end }}
{{- $groups := include "durable-jobs.workers" . | fromJson }}
{{- range $queue := include "durable-jobs.taskQueues" . | fromJsonArray }}
{{- $served := false }}
{{- range $groups }}{{ if has $queue .taskQueues }}{{ $served = true }}{{ end }}{{ end }}
{{- if not $served }}
workers: no group serves the task queue {{ $queue }}: add it to the taskQueues of one
{{- end }}
{{- end }}
{{- $parts := dict "api" $values.api "migrate" $values.migrate "schedules" $values.schedules }}
{{- range $name, $group := $groups }}{{ $_ := set $parts (printf "workers.%s" $name) $group }}{{ end }}
{{- range $name, $part := $parts }}
{{- if gt (mulf $part.heapMi 4) (mulf $part.memoryMi 3) }}
{{ $name }}.heapMi: must be at most three quarters of memoryMi, which is {{ $part.memoryMi }}
{{- end }}
{{- with $part.autoscaling }}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) }}
{{ $name }}.autoscaling.maxReplicas: must be at least minReplicas, which is {{ .minReplicas }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq $values.autoscaling.kind "keda") (not $values.autoscaling.keda.prometheusAddress) }}
autoscaling.keda.prometheusAddress: is required with autoscaling.kind keda
{{- end }}
{{- if and $values.ingress.enabled (not $values.ingress.hosts) }}
ingress.hosts: must contain at least one host
{{- end }}
{{- end }}

{{/* Adds as many workers as there are each minute, and removes one per minute after a while without a backlog. */}}
{{- define "durable-jobs.scaling" -}}
scaleUp:
  policies:
    - { type: Percent, value: 100, periodSeconds: 60 }
scaleDown:
  stabilizationWindowSeconds: {{ .Values.autoscaling.scaleDownStabilizationSeconds }}
  policies:
    - { type: Pods, value: 1, periodSeconds: 60 }
{{- end }}

{{/* A Job that runs one command. Takes a dict of root, process, part (its values), and command (JSON). */}}
{{- define "durable-jobs.job" -}}
{{- $select := dict "root" .root "component" .process }}
spec:
  backoffLimit: 3
  activeDeadlineSeconds: {{ .part.deadlineSeconds }}
  # Its logs can be read for a day.
  ttlSecondsAfterFinished: 86400
  template:
    metadata:
      labels:
        {{- include "durable-jobs.labels" $select | nindent 8 }}
    spec:
      restartPolicy: Never
      serviceAccountName: {{ .serviceAccount }}
      {{- include "durable-jobs.podSecurity" .root | nindent 6 }}
      containers:
        - name: {{ .process }}
          image: {{ include "durable-jobs.image" (dict "root" .root) }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          command: {{ .command }}
          {{- include "durable-jobs.containerSecurity" .root | nindent 10 }}
          env:
            {{- $own := dict "NODE_OPTIONS" (printf "--max-old-space-size=%d" (int .part.heapMi)) }}
            {{- include "durable-jobs.env" (dict "root" .root "process" .process "own" $own) | trim | nindent 12 }}
          {{- include "durable-jobs.resources" .part | nindent 10 }}
          volumeMounts:
            {{- include "durable-jobs.volumeMounts" . | nindent 12 }}
      volumes:
        {{- include "durable-jobs.volumes" . | nindent 8 }}
{{- end }}

{{/* The ports that a URL or an address needs. Takes a dict of value, and schemes (the default port of each). */}}
{{- define "durable-jobs.ports" -}}
{{- if .ports }}
{{- toJson .ports }}
{{- else }}
{{- $url := default "" .value }}
{{- if not (contains "://" $url) }}{{ $url = printf "tcp://%s" $url }}{{ end }}
{{- $port := regexFind ":[0-9]+$" (urlParse $url).host | trimPrefix ":" }}
{{- toJson (list (int (default (get .schemes (urlParse $url).scheme) $port))) }}
{{- end }}
{{- end }}

{{/* An egress rule. Takes a dict of peers (to), ports (JSON) and protocols. */}}
{{- define "durable-jobs.egress" -}}
{{- $protocols := default (list "TCP") .protocols -}}
- ports:
    {{- range $port := .ports | fromJsonArray }}
    {{- range $protocol := $protocols }}
    - { protocol: {{ $protocol }}, port: {{ int $port }} }
    {{- end }}
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The environments of a process, as JSON: each group of workers has one of its own. Takes a dict of root and process. */}}
{{- define "durable-jobs.environmentsOf" -}}
{{- $environments := list }}
{{- if eq .process "worker" }}
{{- range $group := include "durable-jobs.workers" .root | fromJson }}
{{- $environments = append $environments (mergeOverwrite (deepCopy $.root.Values.env) (default dict $group.env)) }}
{{- end }}
{{- else }}
{{- $environments = append $environments .root.Values.env }}
{{- end }}
{{- toJson $environments }}
{{- end }}

{{/* What a process may connect to. Takes a dict of root and process. */}}
{{- define "durable-jobs.egressOf" -}}
{{- $root := .root }}
{{- $process := .process }}
{{- $egress := $root.Values.networkPolicy.egress }}
{{- include "durable-jobs.egress" (dict "to" $egress.dns.to "ports" (toJson $egress.dns.ports) "protocols" (list "UDP" "TCP")) }}
{{- $ports := dict }}
{{- range $env := include "durable-jobs.environmentsOf" . | fromJsonArray }}
{{- $targets := dict "database" (dict "value" $env.DATABASE_URL "schemes" (dict "postgres" 5432 "postgresql" 5432)) }}
{{- if ne $process "migrate" }}
{{- $_ := set $targets "temporal" (dict "value" $env.TEMPORAL_ADDRESS "schemes" (dict "tcp" 7233)) }}
{{- end }}
{{- if has $process (list "api" "worker") }}
{{- with default $env.OTEL_EXPORTER_OTLP_ENDPOINT $env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT }}
{{- $_ := set $targets "traces" (dict "value" . "schemes" (dict "http" 80 "https" 443)) }}
{{- end }}
{{- end }}
{{- if eq $process "worker" }}
{{- $_ := set $targets "mail" (dict "value" $env.SMTP_URL "schemes" (dict "smtp" 587 "smtps" 465)) }}
{{- $provider := default "https://api.stripe.com" $env.STRIPE_API_URL }}
{{- if and $env.PAYMENT_SANDBOX_URL (not (or $env.STRIPE_API_URL $env.STRIPE_API_KEY_FILE (has "STRIPE_API_KEY" $root.Values.secrets.variables))) }}
{{- $provider = $env.PAYMENT_SANDBOX_URL }}
{{- end }}
{{- $_ := set $targets "payments" (dict "value" $provider "schemes" (dict "http" 80 "https" 443)) }}
{{- with $env.AMQP_URL }}
{{- $_ := set $targets "broker" (dict "value" . "schemes" (dict "amqp" 5672 "amqps" 5671)) }}
{{- end }}
{{- end }}
{{- range $name, $target := $targets }}
{{- $own := include "durable-jobs.ports" (merge (dict "ports" (get $egress $name).ports) $target) | fromJsonArray }}
{{- $_ := set $ports $name (concat (default list (get $ports $name)) $own | uniq) }}
{{- end }}
{{- end }}
{{- range $name, $list := $ports }}
{{ include "durable-jobs.egress" (dict "to" (get $egress $name).to "ports" (toJson $list)) }}
{{- end }}
{{- end }}

{{/* A NetworkPolicy of one part. Takes a dict of root, process, annotations (text) and ingress (text). */}}
{{- define "durable-jobs.networkPolicy" -}}
{{- $select := dict "root" .root "component" .process }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "durable-jobs.fullname" .root }}-{{ .process }}
  labels:
    {{- include "durable-jobs.labels" $select | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels:
      {{- include "durable-jobs.selector" $select | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .ingress }}
  ingress:
    {{- . | trim | nindent 4 }}
  {{- end }}
  egress:
    {{- include "durable-jobs.egressOf" . | trim | nindent 4 }}
{{- end }}

{{/* Ingress rules, of those that have peers: a rule without peers would allow everyone. Takes a list of dicts of port and from. */}}
{{- define "durable-jobs.ingressRules" -}}
{{- range . }}
{{- if .from }}
- ports:
    - { protocol: TCP, port: {{ .port }} }
  from:
    {{- toYaml .from | nindent 4 }}
{{- end }}
{{- end }}
{{- end }}
