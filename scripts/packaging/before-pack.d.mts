export function checkParts(root: string, platform: string, arch: string): void;
export function warningsFor(platform: string, env: Readonly<Record<string, string | undefined>>): string[];
export default function beforePack(context: {
  packager: { projectDir: string };
  electronPlatformName: string;
  arch: number;
}): Promise<void>;
