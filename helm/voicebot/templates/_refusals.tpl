{{/* What the schema cannot see: values that contradict each other. Each refusal names the remedy. */}}
{{- define "voicebot.refusals" -}}
{{- $v := .Values -}}
{{- if and (eq $v.riva.source "external") (not (and $v.riva.external.asrUri $v.riva.external.ttsUri)) -}}
{{- fail "riva.source is external: give riva.external.asrUri and riva.external.ttsUri, each as host:port" -}}
{{- end -}}
{{- if and (ne $v.riva.source "external") (or $v.riva.external.tls.enabled $v.riva.external.apiKey.existingSecret) -}}
{{- fail "riva.external.tls and riva.external.apiKey are for both services: they need riva.source=external, with both addresses" -}}
{{- end -}}
{{- if and $v.riva.external.apiKey.existingSecret (not (or $v.riva.external.tls.enabled $v.riva.external.tls.plainKeys)) -}}
{{- fail "riva.external.apiKey without riva.external.tls.enabled: the key would cross the network unencrypted. Set riva.external.tls.enabled=true, or riva.external.tls.plainKeys=true where a mesh or the network itself encrypts" -}}
{{- end -}}
{{- if and (eq $v.llm.source "external") (not $v.llm.external.baseUrl) -}}
{{- fail "llm.source is external: give llm.external.baseUrl, such as https://llm.example.com/v1" -}}
{{- end -}}
{{- if and $v.bot.lineTls.secret (eq (dig "line" "" $v.bot.settings) "audiosocket") -}}
{{- fail "bot.lineTls.secret: AudioSocket has no encryption. Leave bot.settings.line out, or set it to websocket" -}}
{{- end -}}
{{- include "voicebot.refusals.records" . -}}
{{- include "voicebot.refusals.ports" . -}}
{{- if $v.gateway.enabled -}}
{{- include "voicebot.refusals.gateway" . -}}
{{- end -}}
{{- if $v.api.enabled -}}
{{- include "voicebot.refusals.api" . -}}
{{- end -}}
{{- if $v.asterisk.enabled -}}
{{- include "voicebot.refusals.asterisk" . -}}
{{- end -}}
{{- if and $v.networkPolicy.enabled (or (not $v.asterisk.enabled) (eq $v.asterisk.network "host")) (not $v.networkPolicy.asteriskCidrs) -}}
{{- fail "networkPolicy.asteriskCidrs is empty: an Asterisk on the host's network, or outside the cluster, is known to a NetworkPolicy by its nodes' addresses alone. Give their CIDRs, or set networkPolicy.enabled=false" -}}
{{- end -}}
{{- $elsewhere := list $v.riva.external.asrUri $v.riva.external.ttsUri (dig "trace" "endpoint" "" $v.bot.settings) (dig "webhooks" "url" "" $v.bot.settings) (ternary "records" "" (eq $v.records.source "external")) | compact -}}
{{- if and $v.networkPolicy.egress.enabled (not $v.networkPolicy.egress.extra) (or $elsewhere (eq $v.llm.source "external")) -}}
{{- fail "networkPolicy.egress.enabled: the bot could not reach the servers of riva.external or llm.external, the database of records.external, the collector of bot.settings.trace.endpoint or the receiver of bot.settings.webhooks. Allow them in networkPolicy.egress.extra" -}}
{{- end -}}
{{- range $name, $_ := $v.bot.env -}}
{{- if hasPrefix "BOT_" $name -}}
{{- fail (printf "bot.env.%s: settings of the bot go into bot.settings, secret ones into bot.secretEnv" $name) -}}
{{- end -}}
{{- end -}}
{{- with $v.bot.autoscaling -}}
{{- if and (ne .kind "none") (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail (printf "bot.autoscaling.minReplicas (%d) is more than bot.autoscaling.maxReplicas (%d)" (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- if and (ne .kind "none") (gt (int .callsPerPod) (int $v.bot.maxCalls)) -}}
{{- fail (printf "bot.autoscaling.callsPerPod (%d) is more than bot.maxCalls (%d): pods would be full before another one is started" (int .callsPerPod) (int $v.bot.maxCalls)) -}}
{{- end -}}
{{- if and (eq .kind "keda") (not .prometheusUrl) -}}
{{- fail "bot.autoscaling.kind is keda: give bot.autoscaling.prometheusUrl, such as http://prometheus-operated.monitoring.svc:9090" -}}
{{- end -}}
{{- if and (eq .kind "keda") (not $v.monitoring.serviceMonitor.enabled) -}}
{{- fail "bot.autoscaling.kind is keda: it asks Prometheus for the calls, so set monitoring.serviceMonitor.enabled=true" -}}
{{- end -}}
{{- end -}}
{{- with $v.rivaAccess -}}
{{- if and (ne .kind "none") (ne $v.riva.source "nim") -}}
{{- fail "rivaAccess.kind is not none, but riva.source is not nim: there are no speech NIMs here to give access to" -}}
{{- end -}}
{{- if and (ne .kind "none") (not (without (fromJsonArray (include "voicebot.nims" $)) "llm")) -}}
{{- fail "rivaAccess.kind is not none, but riva.external.asrUri and riva.external.ttsUri are both given: no speech NIM runs here. Set rivaAccess.kind=none, or leave one of the two addresses empty" -}}
{{- end -}}
{{- if and (ne .kind "none") $v.networkPolicy.enabled (not $v.networkPolicy.rivaFrom) -}}
{{- fail "rivaAccess.kind is not none, but networkPolicy.rivaFrom is empty: the ingress could not reach the NIMs. Name its pods or namespace there, or set networkPolicy.enabled=false" -}}
{{- end -}}
{{- if and (ne .kind "none") (or (not .hosts.asr) (not .hosts.tts) (eq .hosts.asr .hosts.tts)) -}}
{{- fail "rivaAccess.hosts: give asr and tts a host name each, and not the same one: both serve gRPC on every path" -}}
{{- end -}}
{{- include "voicebot.refusals.grpcAccess" (dict "path" "rivaAccess" "access" .) -}}
{{- end -}}
{{- range $part := list "asr" "tts" "llm" -}}
{{- with (ternary $v.llm.nim (get $v.riva $part) (eq $part "llm")).cache -}}
{{- $path := ternary "llm.nim" (printf "riva.%s" $part) (eq $part "llm") -}}
{{- if and (eq .kind "create") .name -}}
{{- fail (printf "%s.cache.name is for something that is there; with %s.cache.kind=create the NIMCache gets a name by itself" $path $path) -}}
{{- end -}}
{{- if and (ne .kind "create") (not .name) -}}
{{- fail (printf "%s.cache.kind is %s: give %s.cache.name, the name of the %s" $path .kind $path (ternary "PersistentVolumeClaim" "NIMCache" (eq .kind "claim"))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "voicebot.refusals.ports" -}}
{{- $ports := dict "bot.ports.http" .Values.bot.ports.http "bot.ports.audiosocket" .Values.bot.ports.audiosocket -}}
{{- if .Values.gateway.enabled }}{{ $_ := set $ports "gateway.port" .Values.gateway.port }}{{ end -}}
{{- if .Values.api.enabled }}{{ $_ := set $ports "api.port" .Values.api.port }}{{ end -}}
{{- $taken := dict -}}
{{- range $name, $port := $ports -}}
{{- $other := get $taken (toString (int $port)) -}}
{{- if $other -}}
{{- fail (printf "%s and %s are both %d: give each a port of its own" $other $name (int $port)) -}}
{{- end -}}
{{- $_ := set $taken (toString (int $port)) $name -}}
{{- end -}}
{{- end }}

{{- define "voicebot.refusals.gateway" -}}
{{- with .Values.gateway -}}
{{- if not .tokens.existingSecret -}}
{{- fail "gateway.enabled: name a Secret with the clients' tokens in gateway.tokens.existingSecret, such as {\"app\": \"...\"}; without tokens the bot does not open a gateway to other machines" -}}
{{- end -}}
{{- if and .tls.verifyClients (not .tls.secret) -}}
{{- fail "gateway.tls.verifyClients: clients show certificates by TLS alone. Name a Secret with tls.crt, tls.key and ca.crt in gateway.tls.secret" -}}
{{- end -}}
{{- if and (ne .access.kind "none") (not .access.host) -}}
{{- fail "gateway.access.kind is not none: give gateway.access.host, the name that clients dial" -}}
{{- end -}}
{{- if and (eq .access.kind "traefik") .tls.secret -}}
{{- fail "gateway.access.kind is traefik and gateway.tls.secret is set: Traefik would check the bots' certificate against the system's authorities. Leave gateway.tls.secret empty, or make the route yourself with a ServersTransport of yours" -}}
{{- end -}}
{{- if and (ne .access.kind "none") .tls.verifyClients -}}
{{- fail "gateway.tls.verifyClients: clients' certificates end at the ingress of gateway.access. Let that one check them, or set gateway.access.kind=none" -}}
{{- end -}}
{{- include "voicebot.refusals.grpcAccess" (dict "path" "gateway.access" "access" .access) -}}
{{- end -}}
{{- end }}

{{- define "voicebot.refusals.api" -}}
{{- if eq .Values.records.source "none" -}}
{{- fail "api.enabled: the API's keys and the calls that it tells of are in the records. Set records.source to external or cluster" -}}
{{- end -}}
{{- with .Values.api -}}
{{- if and .tls.secret (not .tls.name) -}}
{{- fail "api.tls.secret: bots ask each other by address, which no certificate has. Give api.tls.name, a name that it has" -}}
{{- end -}}
{{- if and .ingress.enabled (not (and .ingress.host .ingress.tlsSecret)) -}}
{{- fail "api.ingress.enabled: give api.ingress.host, and api.ingress.tlsSecret, a Secret of type kubernetes.io/tls: keys do not cross networks unencrypted" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "voicebot.refusals.outbound" -}}
{{- with .Values.asterisk.outbound -}}
{{- if not .existingSecret -}}
{{- fail "asterisk.outbound.dials: the bots need ARI's password. Name its Secret in asterisk.outbound.existingSecret" -}}
{{- end -}}
{{- if eq $.Values.records.source "none" -}}
{{- fail "asterisk.outbound.dials: what is to be called must outlive a pod. Set records.source to external or cluster" -}}
{{- end -}}
{{- if and (eq $.Values.asterisk.network "host") (not .url) -}}
{{- fail "asterisk.outbound.url is empty: with asterisk.network=host there is one Asterisk on each node. Give the address of one, http://HOST:8088/ari" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "voicebot.refusals.asterisk" -}}
{{- $a := .Values.asterisk -}}
{{- if $a.outbound.dials }}{{ include "voicebot.refusals.outbound" . }}{{ end -}}
{{- if ge (int $a.rtp.first) (int $a.rtp.last) -}}
{{- fail (printf "asterisk.rtp.first (%d) must be less than asterisk.rtp.last (%d)" (int $a.rtp.first) (int $a.rtp.last)) -}}
{{- end -}}
{{- if and (ge (int $a.sip.port) (int $a.rtp.first)) (le (int $a.sip.port) (int $a.rtp.last)) -}}
{{- fail (printf "asterisk.sip.port (%d) is one of the ports of asterisk.rtp: both are UDP, so give another one" (int $a.sip.port)) -}}
{{- end -}}
{{- if and .Values.monitoring.serviceMonitor.enabled (has (int $a.metricsPort) (list (ternary (int $a.sip.port) 0 $a.sip.tcp) (ternary (int $a.sip.tls.port) 0 $a.sip.tls.enabled))) -}}
{{- fail (printf "asterisk.metricsPort (%d) is one of asterisk.sip's, and both are TCP: give another one" (int $a.metricsPort)) -}}
{{- end -}}
{{- if and $a.sip.tcp $a.sip.tls.enabled (eq (int $a.sip.port) (int $a.sip.tls.port)) -}}
{{- fail (printf "asterisk.sip.port and asterisk.sip.tls.port are both %d, and both TCP: give each a port of its own" (int $a.sip.port)) -}}
{{- end -}}
{{- if and $a.sip.tls.enabled (not $a.sip.tls.secret) -}}
{{- fail "asterisk.sip.tls.enabled: name a Secret of type kubernetes.io/tls in asterisk.sip.tls.secret" -}}
{{- end -}}
{{- if and $a.trunk.enabled (not $a.trunk.existingSecret) (not $a.trunk.addresses) -}}
{{- fail "asterisk.trunk.enabled: give asterisk.trunk.addresses (where the provider's calls come from), or asterisk.trunk.existingSecret with a key pjsip_trunk.conf" -}}
{{- end -}}
{{- if and $a.trunk.enabled (eq $a.trunk.transport "tcp") (not $a.sip.tcp) (not $a.trunk.existingSecret) -}}
{{- fail "asterisk.trunk.transport is tcp: set asterisk.sip.tcp=true, too" -}}
{{- end -}}
{{- if and $a.trunk.enabled $a.trunk.encryptMedia (ne $a.trunk.transport "tls") (not $a.trunk.existingSecret) -}}
{{- fail "asterisk.trunk.encryptMedia sends the keys of the sound with the signalling: set asterisk.trunk.transport=tls, too" -}}
{{- end -}}
{{- if and .Values.test.enabled $a.softphones.names (not (has .Values.test.softphone $a.softphones.names)) -}}
{{- fail (printf "test.softphone %q is none of asterisk.softphones.names (%s)" .Values.test.softphone (join ", " $a.softphones.names)) -}}
{{- end -}}
{{- if and $a.trunk.enabled (eq $a.trunk.transport "tls") (not $a.sip.tls.enabled) (not $a.trunk.existingSecret) -}}
{{- fail "asterisk.trunk.transport is tls: set asterisk.sip.tls.enabled=true, too" -}}
{{- end -}}
{{- if and (eq $a.network "pod") $a.loadBalancer.enabled -}}
{{- $ports := add1 (sub (int $a.rtp.last) (int $a.rtp.first)) -}}
{{- if gt (int $ports) 250 -}}
{{- fail (printf "asterisk.loadBalancer.enabled: a Service lists each port, and asterisk.rtp has %d. Give a range of at most 250 (125 calls a pod), or set asterisk.network=host" (int $ports)) -}}
{{- end -}}
{{- if ne (len $a.loadBalancer.addresses) (int $a.replicas) -}}
{{- fail (printf "asterisk.loadBalancer.addresses has %d entries for %d replicas: each pod needs an address of its own, since a call's sound must reach the pod that answered" (len $a.loadBalancer.addresses) (int $a.replicas)) -}}
{{- end -}}
{{- end -}}
{{- end }}
