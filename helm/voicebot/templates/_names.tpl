{{/* Names and labels: which object is called what. */}}

{{- define "voicebot.fullname" -}}
{{- if contains "voicebot" .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-voicebot" (.Release.Name | trunc 31 | trimSuffix "-") }}
{{- end -}}
{{- end }}

{{- define "voicebot.bot" -}}{{ include "voicebot.fullname" . }}-bot{{- end }}
{{- define "voicebot.asterisk" -}}{{ include "voicebot.fullname" . }}-asterisk{{- end }}
{{- define "voicebot.gateway" -}}{{ include "voicebot.fullname" . }}-gateway{{- end }}
{{- define "voicebot.api" -}}{{ include "voicebot.fullname" . }}-api{{- end }}
{{- define "voicebot.local" -}}{{ include "voicebot.fullname" . }}-local{{- end }}

{{/* The namespace of the NIMs. */}}
{{- define "voicebot.nimNamespace" -}}{{ .Values.nim.namespace | default .Release.Namespace }}{{- end }}

{{/* The labels of every object. Give (dict "root" $ "part" "bot"). */}}
{{- define "voicebot.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: voicebot
{{ include "voicebot.selector" . }}
{{- end }}

{{/* The labels by which pods are found; they never change. */}}
{{- define "voicebot.selector" -}}
app.kubernetes.io/name: voicebot
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{/* An image by tag or digest. Give (dict "root" $ "image" .Values.bot.image). */}}
{{- define "voicebot.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "voicebot.pullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Where Asterisk asks the bots over HTTP. */}}
{{- define "voicebot.botUrl" -}}
http://{{ include "voicebot.bot" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}:{{ .Values.bot.ports.http }}
{{- end }}

{{/* Pod security `restricted`, for every pod and container of ours. */}}
{{- define "voicebot.podSecurity" -}}
runAsNonRoot: true
{{- /* A number such as 1000660000 would else be written 1.00066e+09. */}}
runAsUser: {{ int64 .runAsUser }}
runAsGroup: {{ int64 .runAsUser }}
fsGroup: {{ int64 .runAsUser }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}
{{- define "voicebot.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Where a pod may be placed. Give .Values.X.placement. */}}
{{- define "voicebot.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* Pods apart from each other: over nodes as asked for, over zones where there are any. */}}
{{- define "voicebot.spread" -}}
topologySpreadConstraints:
  {{- range $key, $otherwise := dict "topology.kubernetes.io/zone" "ScheduleAnyway" "kubernetes.io/hostname" .spread }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $otherwise }}
    labelSelector:
      matchLabels: {{- include "voicebot.selector" $ | nindent 8 }}
    matchLabelKeys: [{{ $.revision }}]
  {{- end }}
{{- end }}
