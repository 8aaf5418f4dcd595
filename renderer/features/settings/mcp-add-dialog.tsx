import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { emptyDraft, isComplete, type McpDraft, toServer } from './mcp-form.ts';
import { useMcpAction } from './use-mcp.ts';

export function McpAddDialog({ open, onClose }: { open: boolean; onClose(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const formId = useId();
  const [draft, setDraft] = useState(emptyDraft);
  const action = useMcpAction();
  const edit = (change: Partial<McpDraft>) => {
    setDraft((before) => ({ ...before, ...change }));
    action.reset();
  };
  const close = () => {
    setDraft(emptyDraft);
    action.reset();
    onClose();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isComplete(draft)) return;
    action.mutate({ type: 'add', name: draft.name.trim(), server: toServer(draft) }, { onSuccess: close });
  };
  const field = (name: keyof McpDraft & keyof typeof rows) => (
    <Field label={t(`mcp.form.${name}`)} hint={t(`mcp.form.${name}Hint`, { secret })}>
      <TextInput
        value={draft[name]}
        onChange={(event) => edit({ [name]: event.target.value })}
        {...(rows[name] > 1 && { render: <textarea rows={rows[name]} /> })}
        spellCheck={false}
        autoComplete="off"
        className={rows[name] > 1 ? 'mono h-auto py-1.5' : 'mono'}
      />
    </Field>
  );
  return (
    <Dialog
      open={open}
      onClose={close}
      wide
      title={t('mcp.form.title')}
      description={t('mcp.form.trust')}
      footer={
        <>
          <Button onClick={close}>{t('common.cancel')}</Button>
          <Button type="submit" form={formId} look="primary" disabled={action.isPending || !isComplete(draft)}>
            {t('mcp.form.save')}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} autoComplete="off" className="grid gap-3">
        {action.error && (
          <Notice tone="bad" className="!mb-0">
            {faultText(action.error)}
          </Notice>
        )}
        {field('name')}
        <Segmented<McpDraft['kind']>
          label={t('mcp.form.kind')}
          value={draft.kind}
          onChange={(kind) => edit({ kind })}
          segments={(['command', 'url'] as const).map((value) => ({ value, label: t(`mcp.form.kinds.${value}`) }))}
        />
        {draft.kind === 'command' ? (
          <>
            {field('commandLine')}
            {field('env')}
          </>
        ) : (
          <>
            {field('url')}
            {field('headers')}
          </>
        )}
      </form>
    </Dialog>
  );
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is how settings name a secret.
const secret = '${GITHUB_TOKEN}';

const rows = { name: 1, commandLine: 1, env: 3, url: 1, headers: 3 } as const;
