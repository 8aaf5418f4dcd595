import type { DeployFile } from '../contract/deploy.ts';
import { type DeployInput, instancesOf, serverPort } from './deploy-input.ts';

/** Larger than the server's own limits, which then say what is wrong. */
const bodyLimit = '300m';

/** In front of the server, with TLS; streams pass as they are told. Parts to put into a proxy's own configuration. */
export function proxyFiles(input: DeployInput, servers: readonly string[]): DeployFile[] {
  return [
    { path: 'proxy/Caddyfile', content: caddyfile(input, servers) },
    { path: 'proxy/nginx.conf', content: nginx(input, servers) },
  ];
}

function caddyfile({ choices }: DeployInput, servers: readonly string[]): string {
  const sticky =
    servers.length > 1
      ? '\t\t# A session stays at one instance: its workspace is there.\n\t\tlb_policy header X-Session-Id\n'
      : '';
  return `# Caddy fetches the certificate by itself.
${choices.hostName} {
	request_body {
		max_size 300MB
	}
	reverse_proxy ${servers.join(' ')} {
		# Streams are not gathered.
		flush_interval -1
${sticky}	}
}
`;
}

function nginx({ choices }: DeployInput, servers: readonly string[]): string {
  const name = choices.hostName;
  return `# Below http { }, for instance as /etc/nginx/conf.d/agentrail.conf.
${upstream(servers)}server {
    listen 80;
    server_name ${name};
    return 301 https://$host$request_uri;
}

server {
    listen 443 ssl;
    server_name ${name};
    ssl_certificate /etc/letsencrypt/live/${name}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/${name}/privkey.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    client_max_body_size ${bodyLimit};
${location('$host')}}
`;
}

/** Between the instances of one Compose file. */
export function balancer(input: DeployInput): string {
  return `# Keeps each session at one instance: its workspace is there.
${upstream(instancesOf(input).map((each) => `agentrail-${each}:${serverPort}`))}server {
    listen 8080;
    client_max_body_size ${bodyLimit};
${location('$host')}}
`;
}

function upstream(servers: readonly string[]): string {
  const list = servers.map((server) => `    server ${server};\n`).join('');
  if (servers.length === 1) return `upstream agentrail {\n${list}    keepalive 16;\n}\n\n`;
  return `map $uri $agentrail_session_of_path {
    default "";
    ~^/api/sessions/(?<agentrail_id>[^/]+) $agentrail_id;
}
map $http_x_session_id $agentrail_session {
    default $http_x_session_id;
    "" $agentrail_session_of_path;
}
upstream agentrail {
    hash $agentrail_session consistent;
${list}    keepalive 16;
}

`;
}

function location(host: string): string {
  return `    location / {
        proxy_pass http://agentrail;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host ${host};
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        # Streams come as they are told, and last as long as the run.
        proxy_buffering off;
        proxy_request_buffering off;
        proxy_read_timeout 3600s;
    }
`;
}
