import { type FormEvent, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { ConfigValue } from '../../../server/contract/config.ts';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Notice } from '../../ui/notice.tsx';
import {
  type FieldPath,
  fieldOf,
  fieldPaths,
  fromDraft,
  type Group,
  groups,
  isFieldPath,
  restartFields,
  toDraft,
} from './fields.ts';
import { useFormDrafts } from './form-drafts.ts';
import { NetworkState } from './network-status.tsx';
import { OtherValues } from './other-values.tsx';
import { isInEntry } from './providers/model-entries.ts';
import { ProviderCards } from './providers/provider-cards.tsx';
import { PermissionRules } from './rules/permission-rules.tsx';
import { SaveBar } from './save-bar.tsx';
import { Section } from './section.tsx';
import { SettingRow } from './setting-row.tsx';
import { faultsByPath, useSaveSettings } from './use-settings.ts';

interface Props {
  values: readonly ConfigValue[];
  /** Whether a field, or a section with all it holds, is shown. */
  matches(path: FieldPath): boolean;
  isShown(section: Group): boolean;
}

export function SettingsForm({ values, matches, isShown }: Props) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { fields: drafts, keepField, dropFields } = useFormDrafts();
  const save = useSaveSettings();
  const byPath = new Map(values.map((value) => [value.path, value]));
  const changed = fieldPaths.filter((path) => {
    const draft = drafts[path];
    return draft !== undefined && draft !== toDraft(fieldOf(path), byPath.get(path)?.value);
  });
  const badNumbers = changed.filter((path) => fromDraft(fieldOf(path), drafts[path] ?? '') === undefined);
  const refused = save.error ? faultsByPath(save.error) : {};
  const isElsewhere = save.error && !Object.keys(refused).some(isFieldPath);

  const edit = (path: FieldPath, draft: string) => {
    keepField(path, draft === toDraft(fieldOf(path), byPath.get(path)?.value) ? undefined : draft);
    if (!save.isPending) save.reset();
  };
  const form = useRef<HTMLFormElement>(null);
  // What was refused may lie out of sight.
  useEffect(() => {
    if (save.error) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [save.error]);
  const store = (change: Record<string, unknown>) => save.mutate(change, { onSuccess: dropFields });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed.length === 0 || badNumbers.length > 0) return;
    store(Object.fromEntries(changed.map((path) => [path, fromDraft(fieldOf(path), drafts[path] ?? '')])));
  };
  const errorOf = (path: FieldPath) => (badNumbers.includes(path) ? t('settings.badNumber') : refused[path]);
  const needsRestart = save.data?.needsRestart ?? [];
  const nameOf = (path: string) => (isFieldPath(path) ? t(`settings.fields.${path}`) : path);
  return (
    <form ref={form} onSubmit={submit} className="grid gap-3.5">
      {groups.map((group) => (
        <Section key={group} id={group} isHidden={!isShown(group)}>
          <Card title={t(`settings.groups.${group}`)}>
            {fieldPaths
              .filter((path) => fieldOf(path).group === group && matches(path))
              .map((path) => (
                <SettingRow
                  key={path}
                  path={path}
                  value={byPath.get(path)}
                  draft={drafts[path]}
                  error={errorOf(path)}
                  onEdit={(draft) => edit(path, draft)}
                  onReset={() => store({ [path]: null })}
                />
              ))}
            {group === 'permissions' && <PermissionRules values={values} />}
            {group === 'network' && <NetworkState />}
          </Card>
          {group === 'models' && <ProviderCards values={values} />}
        </Section>
      ))}
      <OtherValues
        values={values.filter(
          ({ path }) =>
            !isFieldPath(path) &&
            !isInEntry(path) &&
            path !== 'version' &&
            !/^mcpServers\b/.test(path) &&
            !/^permissions\./.test(path),
        )}
      />
      {save.isSuccess && changed.length === 0 && (
        <Notice
          tone="accent"
          className="!mb-0 sticky bottom-0 shadow-pop"
          actions={
            <>
              {needsRestart.length > 0 && (
                <Link href="/?ask=restart" className={buttonClass({ size: 'small' })}>
                  {t('settings.restart')}
                </Link>
              )}
              <Button look="quiet" size="small" onClick={() => save.reset()}>
                {t('common.dismiss')}
              </Button>
            </>
          }
        >
          {needsRestart.length > 0
            ? t('settings.savedRestart', { names: needsRestart.map(nameOf).join(', ') })
            : t('settings.saved')}
        </Notice>
      )}
      {isElsewhere && (
        <Notice tone="bad" className="!mb-0">
          {faultText(save.error)} <span className="mono text-dim">{toApiError(save.error).code}</span>
        </Notice>
      )}
      {changed.length > 0 && (
        <SaveBar
          count={changed.length}
          restart={changed.filter((path) => restartFields.includes(path)).map(nameOf)}
          isSaving={save.isPending}
          canSave={badNumbers.length === 0}
          onDiscard={() => {
            dropFields();
            save.reset();
          }}
        />
      )}
    </form>
  );
}
