import type { DeployFile } from '../contract/deploy.ts';
import {
  type DeployInput,
  indent,
  instancesOf,
  isShared,
  remoteDocker,
  serverPort,
  settingsPath,
  stopSeconds,
} from './deploy-input.ts';
import { envTemplate, keyVariables, serverVariables } from './env-template.ts';
import { proxyFiles } from './proxies.ts';

/** The program as a service of a Linux machine; with several instances a template unit, one port each. */
export function systemdFiles(input: DeployInput): DeployFile[] {
  const variables = [...serverVariables(input, 'asked'), ...keyVariables(input)];
  const ports = instancesOf(input).map((each) => serverPort + each - 1);
  return [
    { path: unitName(input), content: unit(input, ports) },
    {
      path: 'agentrail.env.example',
      content: envTemplate('Copy this to /etc/agentrail/agentrail.env and fill it in.', variables),
    },
    { path: 'agentrail.yaml', content: input.settings },
    ...proxyFiles(
      input,
      ports.map((port) => `127.0.0.1:${port}`),
    ),
  ];
}

function unitName(input: DeployInput): string {
  return isShared(input) ? 'agentrail@.service' : 'agentrail.service';
}

function unit(input: DeployInput, ports: readonly number[]): string {
  const { docker } = input.choices;
  const remote = remoteDocker(input);
  const port = isShared(input) ? '%i' : String(serverPort);
  const state = isShared(input) ? 'agentrail/%i' : 'agentrail';
  const services = isShared(input) ? `agentrail@{${ports.join(',')}}` : 'agentrail';
  return indent(0, [
    `# Agentrail ${input.version} as a service.`,
    '#',
    `#   npm install --global ./agentrail-console-${input.version}.tgz`,
    '#   useradd --system --home-dir /var/lib/agentrail --shell /usr/sbin/nologin agentrail',
    '#   install -d -m 750 -g agentrail /etc/agentrail',
    `#   install -m 640 -g agentrail agentrail.yaml ${settingsPath}`,
    '#   install -m 600 agentrail.env.example /etc/agentrail/agentrail.env      # then fill it in',
    `#   install -m 644 ${unitName(input)} /etc/systemd/system/ && systemctl daemon-reload`,
    `#   systemctl enable --now ${services}`,
    '',
    '[Unit]',
    isShared(input) ? 'Description=Agentrail server on port %i' : 'Description=Agentrail server',
    `After=network-online.target${docker === 'socket' ? ' docker.service' : ''}`,
    'Wants=network-online.target',
    '',
    '[Service]',
    'User=agentrail',
    'Group=agentrail',
    docker === 'socket' && '# The Docker socket gives the server the powers of root on this machine.',
    docker === 'socket' && 'SupplementaryGroups=docker',
    `ExecStart=/usr/bin/env agentrail serve --host 127.0.0.1 --port ${port} --data-dir /var/lib/${state}`,
    'EnvironmentFile=/etc/agentrail/agentrail.env',
    `Environment=AGENTRAIL_CONFIG_PATH=${settingsPath} HOME=/var/lib/agentrail NODE_ENV=production`,
    remote && `Environment=DOCKER_HOST=${remote.address}`,
    remote?.by === 'tcp' && 'Environment=DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/etc/agentrail/docker',
    `StateDirectory=${state}`,
    'StateDirectoryMode=0700',
    'UMask=0077',
    'Restart=on-failure',
    'RestartSec=5s',
    '# Runs are drained, sandboxes destroyed, logs written.',
    'KillSignal=SIGTERM',
    'KillMode=mixed',
    `TimeoutStopSec=${stopSeconds(input)}s`,
    '',
    'MemoryMax=2G',
    'TasksMax=512',
    'LimitNOFILE=65536',
    '',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'ProtectProc=invisible',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'RemoveIPC=yes',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallErrorNumber=EPERM',
    '# MemoryDenyWriteExecute cannot be: the program compiles JavaScript while it runs.',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
}
