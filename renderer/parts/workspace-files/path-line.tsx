import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';

/** Where one is, each part a way back. */
export function PathLine({ folder, onOpen }: { folder: string; onOpen(folder: string): void }) {
  const { t } = useTranslation();
  const parts = folder === '' ? [] : folder.split('/');
  return (
    <nav aria-label={t('sandboxes.tools.files.path')} className="min-w-0">
      <ol className="mono flex flex-wrap items-center">
        {[t('sandboxes.tools.files.workspace'), ...parts].map((name, depth) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two parts of a path may have one name; their place tells them apart.
          <li key={depth} className="flex min-w-0 items-center">
            {depth > 0 && (
              <span aria-hidden className="text-faint">
                /
              </span>
            )}
            <Button
              size="small"
              look="quiet"
              className="max-w-60 truncate px-1.5"
              aria-current={depth === parts.length ? 'page' : undefined}
              onClick={() => onOpen(parts.slice(0, depth).join('/'))}
            >
              {name}
            </Button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
