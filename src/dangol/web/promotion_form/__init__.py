"""The form a promotion is written in: what it says as inputs, and what was typed as a content again."""
