{{- /* Security context of a container from the fields of its image. */ -}}
{{- define "headgate.imageSecurityContext" -}}
runAsNonRoot: {{ .runAsNonRoot }}
runAsUser: {{ include "headgate.text" .runAsUser }}
runAsGroup: {{ include "headgate.text" .runAsGroup }}
allowPrivilegeEscalation: {{ .allowPrivilegeEscalation }}
readOnlyRootFilesystem: {{ .readOnlyRootFilesystem }}
{{- with .seccompProfile }}
seccompProfile:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* The image's Node has a file capability: Linux refuses to start it where that capability is not in reach. */ -}}
{{- define "headgate.withBindService" -}}
{{- $context := deepCopy . -}}
{{- $capabilities := default dict $context.capabilities -}}
{{- if and $capabilities.drop (not (has "NET_BIND_SERVICE" (default list $capabilities.add))) -}}
{{- $_ := set $capabilities "add" (append (default list $capabilities.add) "NET_BIND_SERVICE") -}}
{{- $_ := set $context "capabilities" $capabilities -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{- define "headgate.controller.securityContext" -}}
{{- if .Values.controller.containerSecurityContext -}}
{{- include "headgate.withBindService" .Values.controller.containerSecurityContext -}}
{{- else -}}
{{- include "headgate.imageSecurityContext" .Values.controller.image }}
capabilities:
  drop:
    - ALL
  add:
    - NET_BIND_SERVICE
{{- end -}}
{{- end -}}

{{- /* The pod template that Deployment and DaemonSet share. */ -}}
{{- define "headgate.controller.podTemplate" -}}
{{- $c := .Values.controller -}}
metadata:
  {{- with $c.podAnnotations }}
  annotations:
    {{- include "headgate.textMap" . | nindent 4 }}
  {{- end }}
  labels:
    {{- include "headgate.objectLabels" (dict "root" . "component" "controller" "extra" (list $c.labels $c.podLabels (include "headgate.controller.selector" . | fromYaml))) | nindent 4 }}
spec:
  {{- with $c.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $c.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $c.hostname }}
  hostname: {{ tpl (kindIs "string" . | ternary . (toYaml .)) $ | quote }}
  {{- end }}
  dnsPolicy: {{ $c.dnsPolicy }}
  {{- with $c.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- with $c.schedulerName }}
  schedulerName: {{ . }}
  {{- end }}
  {{- include "headgate.imagePullSecrets" . | nindent 2 }}
  {{- with $c.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- if or $c.podSecurityContext $c.sysctls }}
  securityContext:
    {{- with $c.podSecurityContext }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with $c.sysctls }}
    sysctls:
      {{- range $name, $value := . }}
      - name: {{ $name | quote }}
        value: {{ include "headgate.text" $value | quote }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- if $c.shareProcessNamespace }}
  shareProcessNamespace: true
  {{- end }}
  {{- if $c.hostNetwork }}
  hostNetwork: true
  {{- end }}
  serviceAccountName: {{ include "headgate.serviceAccountName" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automountServiceAccountToken }}
  terminationGracePeriodSeconds: {{ include "headgate.text" $c.terminationGracePeriodSeconds }}
  containers:
    - {{ include "headgate.controller.container" . | nindent 6 | trim }}
    {{- with $c.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $c.extraInitContainers }}
  initContainers:
    {{- tpl (toYaml .) $ | nindent 4 }}
  {{- end }}
  {{- with $c.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $c.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $c.affinity }}
  affinity:
    {{- tpl (toYaml .) $ | nindent 4 }}
  {{- end }}
  {{- with $c.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- tpl (toYaml .) $ | nindent 4 }}
  {{- end }}
  {{- if or $c.admissionWebhooks.enabled $c.extraVolumes }}
  volumes:
    {{- if $c.admissionWebhooks.enabled }}
    - name: webhook-cert
      secret:
        secretName: {{ include "headgate.admission.fullname" . }}
        {{- if $c.admissionWebhooks.certManager.enabled }}
        items:
          - key: tls.crt
            path: {{ base $c.admissionWebhooks.certificate }}
          - key: tls.key
            path: {{ base $c.admissionWebhooks.key }}
        {{- end }}
    {{- end }}
    {{- with $c.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "headgate.controller.selector" -}}
{{ include "headgate.selectorLabels" . }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "headgate.controller.container" -}}
{{- $c := .Values.controller -}}
name: {{ $c.containerName }}
image: {{ include "headgate.image" (dict "root" . "image" $c.image) }}
imagePullPolicy: {{ $c.image.pullPolicy }}
{{- with $c.lifecycle }}
lifecycle:
  {{- toYaml . | nindent 2 }}
{{- end }}
args:
  {{- include "headgate.args" . | nindent 2 }}
securityContext:
  {{- include "headgate.controller.securityContext" . | nindent 2 }}
env:
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  - name: POD_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
  {{- with $c.extraEnvs }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $c.startupProbe }}
startupProbe:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $c.livenessProbe }}
livenessProbe:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $c.readinessProbe }}
readinessProbe:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  {{- range $name, $port := $c.containerPort }}
  - name: {{ $name }}
    containerPort: {{ include "headgate.text" $port }}
    protocol: TCP
    {{- if $c.hostPort.enabled }}
    hostPort: {{ include "headgate.text" (default $port (get $c.hostPort.ports $name)) }}
    {{- end }}
  {{- end }}
  {{- if $c.metrics.enabled }}
  - name: {{ $c.metrics.portName }}
    containerPort: {{ include "headgate.text" $c.metrics.port }}
    protocol: TCP
  {{- end }}
  {{- if $c.admissionWebhooks.enabled }}
  - name: webhook
    containerPort: {{ include "headgate.text" $c.admissionWebhooks.port }}
    protocol: TCP
  {{- end }}
  {{- range $protocol, $ports := dict "TCP" .Values.tcp "UDP" .Values.udp }}
  {{- range $port, $service := $ports }}
  - name: {{ $port }}-{{ lower $protocol }}
    containerPort: {{ $port }}
    protocol: {{ $protocol }}
    {{- if $c.hostPort.enabled }}
    hostPort: {{ $port }}
    {{- end }}
  {{- end }}
  {{- end }}
{{- if or $c.admissionWebhooks.enabled $c.extraVolumeMounts }}
volumeMounts:
  {{- if $c.admissionWebhooks.enabled }}
  - name: webhook-cert
    mountPath: {{ dir $c.admissionWebhooks.certificate }}
    readOnly: true
  {{- end }}
  {{- with $c.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- with $c.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $c.resizePolicy }}
resizePolicy:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
