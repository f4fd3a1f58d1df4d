{{/* The database of calls' records: how bots reach it. */}}

{{- define "voicebot.records" -}}{{ include "voicebot.fullname" . }}-records{{- end }}

{{/* The Secret with the authority of its certificate; empty: as the URL says. */}}
{{- define "voicebot.records.ca" -}}
{{- if eq .Values.records.source "cluster" -}}
{{ include "voicebot.records" . }}-ca
{{- else if eq .Values.records.source "external" -}}
{{ .Values.records.external.caSecret }}
{{- end -}}
{{- end }}

{{- define "voicebot.records.env" -}}
{{- $records := .Values.records -}}
{{- if ne $records.source "none" }}
{{- $cluster := eq $records.source "cluster" }}
- name: BOT_RECORDS__URL
  # Of a Cluster, CloudNativePG makes the Secret.
  valueFrom:
    secretKeyRef:
      name: {{ ternary (printf "%s-app" (include "voicebot.records" .)) $records.external.existingSecret $cluster }}
      key: {{ ternary "uri" $records.external.key $cluster }}
{{- if include "voicebot.records.ca" . }}
# libpq's own variables: encrypted, and the server's certificate and name are checked.
- name: PGSSLMODE
  value: verify-full
- name: PGSSLROOTCERT
  value: /etc/voicebot/records-ca/ca.crt
{{- end }}
{{- end }}
{{- end }}

{{- define "voicebot.records.mounts" -}}
{{- if include "voicebot.records.ca" . }}
- name: records-ca
  mountPath: /etc/voicebot/records-ca
  readOnly: true
{{- end }}
{{- end }}

{{- define "voicebot.records.volumes" -}}
{{- with include "voicebot.records.ca" . }}
- name: records-ca
  secret:
    secretName: {{ . }}
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
{{- end }}

{{/* Whether calls may be recorded: "yes", or nothing. A pod keeps no files, so a store must. */}}
{{- define "voicebot.recordings" -}}
{{- if dig "recordings" "s3" "bucket" "" .Values.bot.settings }}yes{{ end -}}
{{- end }}

{{- define "voicebot.refusals.records" -}}
{{- $records := .Values.records -}}
{{- if and (dig "recordings" "enabled" false .Values.bot.settings) (not (include "voicebot.recordings" .)) -}}
{{- fail "bot.settings.recordings.enabled: a pod's files end with it. Name the store in bot.settings.recordings.s3 (bucket, endpoint), and its keys in bot.secretEnv" -}}
{{- end -}}
{{- if and (eq $records.source "external") (not $records.external.existingSecret) -}}
{{- fail "records.source is external: name a Secret with the database's URL in records.external.existingSecret (postgresql://USER:PASSWORD@HOST/DATABASE)" -}}
{{- end -}}
{{- if and (ne $records.source "none") (hasKey .Values.bot.secretEnv "BOT_RECORDS__URL") -}}
{{- fail "bot.secretEnv.BOT_RECORDS__URL and records.source both name a database: set records.source=none, or leave the variable out" -}}
{{- end -}}
{{- end }}
