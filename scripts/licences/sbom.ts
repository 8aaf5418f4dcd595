import type { Licence } from './licences.ts';

export interface Product {
  name: string;
  version: string;
  license: string;
}

/** CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/) of what is in the shipped files, without serial number or time: the same build gives the same text. */
export function sbomOf(product: Product, licences: readonly Licence[]): object {
  const own = purlOf(product);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': own,
        ...{ name: product.name, version: product.version, purl: own },
        licenses: [{ license: { id: product.license } }],
      },
    },
    components: licences.map((licence) => ({
      type: 'library',
      'bom-ref': purlOf(licence),
      ...{ name: licence.name, version: licence.version, purl: purlOf(licence) },
      ...(licence.id !== undefined && { licenses: [licenceOf(licence.id)] }),
      ...(licence.homepage !== undefined && { externalReferences: [{ type: 'website', url: licence.homepage }] }),
    })),
    dependencies: [{ ref: own, dependsOn: licences.map(purlOf) }, ...licences.map((each) => ({ ref: purlOf(each) }))],
  };
}

function licenceOf(id: string): object {
  return /\s/.test(id) ? { expression: id } : { license: { id } };
}

/** https://github.com/package-url/purl-spec: the scope's @ is written as %40. */
function purlOf({ name, version }: { name: string; version: string }): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${encodeURIComponent(version)}`;
}
