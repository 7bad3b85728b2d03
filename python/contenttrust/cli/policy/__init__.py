"""The verbs about policies: each looks at files, and changes nothing."""
