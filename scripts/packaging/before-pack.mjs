/** electron-builder calls this before each pack. Plain JavaScript: it is loaded by whatever Node runs electron-builder. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const archNames = { 0: 'ia32', 1: 'x64', 2: 'armv7l', 3: 'arm64', 4: 'universal' };
const hooks = {
  darwin: 'CSC_LINK or a Developer ID in the keychain',
  win32: 'WIN_CSC_LINK',
};
/** Either an App Store Connect key, or an Apple ID. */
const notarizing = [
  ['APPLE_API_KEY', 'APPLE_API_KEY_ID', 'APPLE_API_ISSUER'],
  ['APPLE_ID', 'APPLE_APP_SPECIFIC_PASSWORD', 'APPLE_TEAM_ID'],
];

/** Throws when the package would lack what the program needs. */
export function checkParts(root, platform, arch) {
  const missing = ['dist/main/electron.js', 'dist/preload/preload.cjs', 'dist/renderer/index.html']
    .concat('dist/THIRD-PARTY-NOTICES.txt', 'dist/sbom.cdx.json')
    .filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) throw new Error(`${missing.join(', ')} is not there. Run "npm run build" first.`);
  const scope = join(root, 'node_modules/@napi-rs');
  const part = `keyring-${platform}-${arch}`;
  if (existsSync(scope) && readdirSync(scope).some((name) => name.startsWith(part))) return;
  throw new Error(
    `@napi-rs/${part} is not installed, so the package would have no keychain. Run "npm install --no-save --os=${platform} --cpu=${arch} --force @napi-rs/${part}".`,
  );
}

/** Sentences about what is left out because its credentials are not in the environment. */
export function warningsFor(platform, env) {
  const warnings = [];
  if (platform === 'darwin' && !notarizing.some((names) => names.every((name) => env[name])))
    warnings.push(
      `NOT NOTARISED: neither ${notarizing.map((names) => names.join(', ')).join(' nor ')} are set. macOS refuses to open this build on other machines.`,
    );
  if (hooks[platform] && !env.CSC_LINK && !env.WIN_CSC_LINK)
    warnings.push(`NOT SIGNED, unless this machine has an identity of its own: ${hooks[platform]} is not set.`);
  return warnings;
}

export default async function beforePack({ packager, electronPlatformName, arch }) {
  checkParts(packager.projectDir, electronPlatformName, archNames[arch] ?? String(arch));
  for (const warning of warningsFor(electronPlatformName, process.env)) process.stderr.write(`\n  !! ${warning}\n\n`);
}
