import { toApiError } from '../../../api/api-error.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Notice } from '../../../ui/notice.tsx';
import { faultsByPath } from '../use-settings.ts';

/** What the server says of one place in the file. */
export function refusedAt(error: unknown, path: string): string | undefined {
  return error ? faultsByPath(error)[path] : undefined;
}

/** What the server says of anything but the places that show it themselves. */
export function RefusedNotice({ error, shown }: { error: unknown; shown: readonly string[] }) {
  const faultText = useFaultText();
  if (!error || shown.some((path) => refusedAt(error, path) !== undefined)) return null;
  return (
    <Notice tone="bad" className="!mb-0">
      {faultText(error)} <span className="mono text-dim">{toApiError(error).code}</span>
    </Notice>
  );
}
