import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BundledPackage, packageOf } from './bundled-packages.ts';
import { type Licence, readLicence } from './licences.ts';
import { licenceList, noticesText } from './notices.ts';
import { type Product, sbomOf } from './sbom.ts';

const root = join(import.meta.dirname, '../..');
/** Texts of licences that their packages forgot; by package, `/` written as `__`. */
const ownTexts = join(import.meta.dirname, 'texts');

/** Beside the bundle: the list for the console, the notices, the bill of materials. */
export function writeNotices(dist: string, bundled: readonly BundledPackage[]): Licence[] {
  const licences = [...bundled, ...besideTheBundle()].map(readLicence).concat(insideOthers(bundled)).map(withOwnText);
  const product = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Product;
  const list = licenceList(licences);
  writeFileSync(join(dist, 'renderer/licences.json'), JSON.stringify(list));
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), noticesText(list));
  writeFileSync(join(dist, 'sbom.cdx.json'), `${JSON.stringify(sbomOf(product, licences), null, 2)}\n`);
  return licences;
}

/** The native module, whose parts for each system carry its licence; and the reset in our styles, put in without a trace. */
function besideTheBundle(): BundledPackage[] {
  const manifests = ['@napi-rs/keyring', 'tailwindcss'].map((name) => join(root, 'node_modules', name, 'package.json'));
  return manifests.flatMap((manifest) => packageOf(manifest) ?? []);
}

/** unpdf is delivered with PDF.js inside its own files. */
function insideOthers(bundled: readonly BundledPackage[]): Licence[] {
  const unpdf = bundled.find(({ name }) => name === 'unpdf');
  if (!unpdf) return [];
  const { devDependencies } = JSON.parse(readFileSync(join(unpdf.dir, 'package.json'), 'utf8')) as {
    devDependencies?: Record<string, string>;
  };
  const version = devDependencies?.['pdfjs-dist']?.replace(/^[^\d]*/, '') ?? '';
  return [{ name: 'pdfjs-dist', version, id: 'Apache-2.0', homepage: 'https://mozilla.github.io/pdf.js/', text: '' }];
}

function withOwnText(licence: Licence): Licence {
  const file = join(ownTexts, `${licence.name.replaceAll('/', '__')}.txt`);
  return licence.text === '' && existsSync(file) ? { ...licence, text: readFileSync(file, 'utf8').trim() } : licence;
}
