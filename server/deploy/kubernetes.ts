import type { DeployFile } from '../contract/deploy.ts';
import {
  type DeployInput,
  dataDir,
  imageName,
  imageUser,
  indent,
  isShared,
  remoteDocker,
  serverPort,
  settingsPath,
  stopSeconds,
} from './deploy-input.ts';
import { envTemplate, keyVariables, serverVariables } from './env-template.ts';

/** One file for kubectl, and the variables that become its secret. Several instances need a Postgres that is there. */
export function kubernetesFiles(input: DeployInput): DeployFile[] {
  const variables = [...serverVariables(input, 'asked'), ...keyVariables(input)];
  const parts = [
    settings(input),
    service(input),
    ...(isShared(input) ? [headless()] : [volumeClaim()]),
    workload(input),
    ingress(input),
  ];
  return [
    { path: 'kubernetes.yaml', content: head(input) + parts.join('---\n') },
    { path: 'agentrail.env.example', content: envTemplate('Copy this to agentrail.env and fill it in.', variables) },
  ];
}

function head(input: DeployInput): string {
  const remote = remoteDocker(input);
  return indent(0, [
    `# Agentrail ${input.version} on Kubernetes. ${imageName(input)} has to be where the nodes find it.`,
    '#',
    '#   cp agentrail.env.example agentrail.env      # then fill it in',
    '#   kubectl create secret generic agentrail --from-env-file=agentrail.env',
    remote?.by === 'ssh' &&
      '#   kubectl create secret generic agentrail-docker --from-file=id_ed25519 --from-file=known_hosts',
    remote?.by === 'tcp' &&
      '#   kubectl create secret generic agentrail-docker --from-file=ca.pem --from-file=cert.pem --from-file=key.pem',
    '#   kubectl apply -f kubernetes.yaml',
    '',
  ]);
}

const labels = '{ app.kubernetes.io/name: agentrail }';

function settings(input: DeployInput): string {
  const lines = input.settings.trimEnd().split('\n');
  return indent(0, [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    '  name: agentrail',
    `  labels: ${labels}`,
    'data:',
    '  agentrail.yaml: |',
    ...lines.map((line) => (line === '' ? '' : `    ${line}`)),
  ]);
}

function service(input: DeployInput): string {
  return indent(0, [
    'apiVersion: v1',
    'kind: Service',
    'metadata:',
    '  name: agentrail',
    `  labels: ${labels}`,
    'spec:',
    `  selector: ${labels}`,
    isShared(input) && '  # Without an ingress that looks at X-Session-Id: a client stays at one instance.',
    isShared(input) && '  sessionAffinity: ClientIP',
    '  ports:',
    '    - { name: http, port: 80, targetPort: http }',
  ]);
}

/** Gives each pod of the StatefulSet its name. */
function headless(): string {
  return indent(0, [
    'apiVersion: v1',
    'kind: Service',
    'metadata:',
    '  name: agentrail-pods',
    `  labels: ${labels}`,
    'spec:',
    '  clusterIP: None',
    `  selector: ${labels}`,
    '  ports:',
    '    - { name: http, port: 3000, targetPort: http }',
  ]);
}

const claim = ['accessModes: [ReadWriteOnce]', 'resources: { requests: { storage: 20Gi } }'];

function volumeClaim(): string {
  return indent(0, [
    'apiVersion: v1',
    'kind: PersistentVolumeClaim',
    'metadata:',
    '  name: agentrail-data',
    `  labels: ${labels}`,
    'spec:',
    ...claim.map((line) => `  ${line}`),
  ]);
}

function workload(input: DeployInput): string {
  const { instances } = input.choices;
  const several = isShared(input);
  return indent(0, [
    'apiVersion: apps/v1',
    `kind: ${several ? 'StatefulSet' : 'Deployment'}`,
    'metadata:',
    '  name: agentrail',
    `  labels: ${labels}`,
    'spec:',
    `  replicas: ${instances}`,
    several && '  serviceName: agentrail-pods',
    several && '  podManagementPolicy: Parallel',
    !several && '  # One server per data directory: the old one ends before the new one starts.',
    !several && '  strategy: { type: Recreate }',
    '  selector:',
    `    matchLabels: ${labels}`,
    '  template:',
    '    metadata:',
    `      labels: ${labels}`,
    '    spec:',
    ...pod(input).map((line) => `      ${line}`),
    ...(several
      ? [
          '  volumeClaimTemplates:',
          '    - metadata: { name: data }',
          '      spec:',
          ...claim.map((line) => `        ${line}`),
        ]
      : []),
  ]);
}

function pod(input: DeployInput): string[] {
  const remote = remoteDocker(input);
  const key = remote?.by === 'ssh' ? '/home/agentrail/.ssh' : '/etc/agentrail/docker';
  const lines = [
    'automountServiceAccountToken: false',
    `terminationGracePeriodSeconds: ${stopSeconds(input)}`,
    'securityContext:',
    '  runAsNonRoot: true',
    `  runAsUser: ${imageUser}`,
    `  runAsGroup: ${imageUser}`,
    `  fsGroup: ${imageUser}`,
    '  fsGroupChangePolicy: OnRootMismatch',
    '  seccompProfile: { type: RuntimeDefault }',
    'containers:',
    '  - name: agentrail',
    `    image: ${imageName(input)}`,
    '    ports:',
    `      - { name: http, containerPort: ${serverPort} }`,
    '    envFrom:',
    '      - secretRef: { name: agentrail }',
    '    env:',
    `      - { name: AGENTRAIL_CONFIG_PATH, value: ${settingsPath} }`,
    `      - { name: AGENTRAIL_DATA_DIR, value: ${dataDir}/data }`,
    remote && `      - { name: DOCKER_HOST, value: "${remote.address}" }`,
    remote?.by === 'tcp' && '      - { name: DOCKER_TLS_VERIFY, value: "1" }',
    remote?.by === 'tcp' && `      - { name: DOCKER_CERT_PATH, value: ${key} }`,
    '    startupProbe: { httpGet: { path: /health, port: http }, periodSeconds: 2, failureThreshold: 30 }',
    '    livenessProbe: { httpGet: { path: /health, port: http }, periodSeconds: 15, timeoutSeconds: 5 }',
    '    readinessProbe: { httpGet: { path: /ready, port: http }, periodSeconds: 10, timeoutSeconds: 8 }',
    '    resources:',
    '      requests: { cpu: 250m, memory: 512Mi }',
    '      limits: { cpu: "2", memory: 2Gi }',
    '    securityContext:',
    '      allowPrivilegeEscalation: false',
    '      readOnlyRootFilesystem: true',
    '      capabilities: { drop: [ALL] }',
    '    volumeMounts:',
    `      - { name: data, mountPath: ${dataDir} }`,
    '      - { name: settings, mountPath: /etc/agentrail/agentrail.yaml, subPath: agentrail.yaml, readOnly: true }',
    '      - { name: tmp, mountPath: /tmp }',
    remote && `      - { name: docker, mountPath: ${key}, readOnly: true }`,
    'volumes:',
    !isShared(input) && '  - { name: data, persistentVolumeClaim: { claimName: agentrail-data } }',
    '  - { name: settings, configMap: { name: agentrail } }',
    '  - { name: tmp, emptyDir: { sizeLimit: 256Mi } }',
    remote && '  - { name: docker, secret: { secretName: agentrail-docker, defaultMode: 0440 } }',
  ];
  return lines.filter((line) => typeof line === 'string');
}

function ingress(input: DeployInput): string {
  const { hostName } = input.choices;
  return indent(0, [
    'apiVersion: networking.k8s.io/v1',
    'kind: Ingress',
    'metadata:',
    '  name: agentrail',
    `  labels: ${labels}`,
    '  annotations:',
    '    # For ingress-nginx; others have names of their own. Streams come as they are told.',
    '    nginx.ingress.kubernetes.io/proxy-buffering: "off"',
    '    nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"',
    '    nginx.ingress.kubernetes.io/proxy-body-size: 300m',
    isShared(input) && '    nginx.ingress.kubernetes.io/upstream-hash-by: "$http_x_session_id"',
    'spec:',
    '  tls:',
    `    - { hosts: [${hostName}], secretName: agentrail-tls }`,
    '  rules:',
    `    - host: ${hostName}`,
    '      http:',
    '        paths:',
    '          - { path: /, pathType: Prefix, backend: { service: { name: agentrail, port: { name: http } } } }',
  ]);
}
