import type { Licence } from './licences.ts';

/** What the console shows; renderer/features/settings/use-licences.ts reads it. Each text is there once. */
export interface LicenceList {
  packages: { name: string; version: string; id: string; homepage?: string; text: number }[];
  texts: string[];
}

export function licenceList(licences: readonly Licence[]): LicenceList {
  const texts = [...new Set(licences.map(({ text }) => text))];
  return {
    packages: licences.map(({ name, version, id, homepage, text }) => ({
      name,
      version,
      id: id ?? '',
      ...(homepage !== undefined && { homepage }),
      text: texts.indexOf(text),
    })),
    texts,
  };
}

const rule = '-'.repeat(80);

/** The same as one text, for those who look into the package. */
export function noticesText({ packages, texts }: LicenceList): string {
  const parts = texts.map((text, index) => {
    const names = packages.flatMap((each) =>
      each.text === index ? [`${each.name} ${each.version} (${each.id})`] : [],
    );
    return `${rule}\n${names.join('\n')}\n${rule}\n\n${text}\n`;
  });
  return `Agentrail Console contains parts of these packages, under these licences.\n\n${parts.join('\n')}`;
}
