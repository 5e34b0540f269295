// What the editor of lessons and questions uses of CodeMirror 6; tools/assets.py bundles it as vendor/codemirror.js.
export { EditorState, EditorSelection, Compartment } from "@codemirror/state";
export {
  EditorView, keymap, placeholder, drawSelection, highlightSpecialChars, highlightActiveLine, lineNumbers,
} from "@codemirror/view";
export { defaultKeymap, history, historyKeymap, indentWithTab, undo, redo } from "@codemirror/commands";
export { syntaxHighlighting, defaultHighlightStyle, HighlightStyle, bracketMatching } from "@codemirror/language";
export { markdown, markdownLanguage, markdownKeymap } from "@codemirror/lang-markdown";
export { search, searchKeymap, highlightSelectionMatches } from "@codemirror/search";
