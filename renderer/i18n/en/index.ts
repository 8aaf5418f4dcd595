import { common } from './common.ts';
import { data } from './data.ts';
import { deploy } from './deploy.ts';
import { bundle, doctor } from './doctor.ts';
import { errors } from './errors.ts';
import { firstRun } from './first-run.ts';
import { health } from './health.ts';
import { knowledge } from './knowledge.ts';
import { logs } from './logs.ts';
import { mcp } from './mcp.ts';
import { memory } from './memory.ts';
import { network } from './network.ts';
import { notices } from './notices.ts';
import { overview } from './overview.ts';
import { playground } from './playground.ts';
import { problems } from './problems.ts';
import { providers } from './providers.ts';
import { readiness } from './readiness.ts';
import { rules } from './rules.ts';
import { sandboxes } from './sandboxes.ts';
import { secretCare } from './secret-care.ts';
import { secrets } from './secrets.ts';
import { server } from './server.ts';
import { sessions } from './sessions.ts';
import { settings } from './settings.ts';
import { shell } from './shell.ts';
import { skills } from './skills.ts';
import { about, updates } from './updates.ts';
import { yaml } from './yaml.ts';

export const en = {
  about,
  bundle,
  common,
  data,
  deploy,
  doctor,
  errors,
  firstRun,
  health,
  knowledge,
  logs,
  mcp,
  memory,
  network,
  notices,
  overview,
  playground,
  problems,
  providers,
  readiness,
  rules,
  sandboxes,
  secretCare,
  secrets,
  server,
  sessions,
  settings,
  shell,
  skills,
  yaml,
  updates,
};
