import { type PanelProps, renderTextPanelMarkdown } from '@grafana/data';
import { RenderUserContentAsHTML, useStyles2 } from '@grafana/ui';
import { css } from '@emotion/css';
import { panelPlugin } from './plugin';

interface Options {
  mode: 'markdown' | 'html' | 'code';
  content: string;
}

function TextPanel({ options, replaceVariables }: PanelProps<Options>) {
  const styles = useStyles2(getStyles);
  const content = replaceVariables(options.content, {}, options.mode === 'code' ? 'json' : 'html');
  if (options.mode === 'code') {
    return <pre>{content}</pre>;
  }
  const html = options.mode === 'html' ? content : renderTextPanelMarkdown(content);
  return <RenderUserContentAsHTML component="div" className={`markdown-html ${styles}`} content={html} />;
}

const getStyles = () => css({ height: '100%', overflow: 'auto' });

export const text = panelPlugin<Options>(TextPanel, { options: { mode: 'markdown', content: '' } });
