/* The functions behind the effects of lifecycle rows, one each, in the file of the noun that they change.
   effect.c calls them; a name that stands in policy/effects.def but not here does not compile. */
#ifndef EFFECTS_H
#define EFFECTS_H

#include "transition.h"

/* EFFECT_FUNCTION(name in effects.def, function) */
/* clang-format off */
#define EFFECT_FUNCTIONS(EFFECT_FUNCTION) \
	EFFECT_FUNCTION(ALLIANCE_FORM, effect_alliance_form) \
	EFFECT_FUNCTION(REVISION_FREEZE, effect_revision_freeze) \
	EFFECT_FUNCTION(ENDORSEMENT_REQUEST, effect_endorsement_request) \
	EFFECT_FUNCTION(NOTIFY_LEAD, effect_notify_lead) \
	EFFECT_FUNCTION(NOTIFY_OFFICER, effect_notify_officer) \
	EFFECT_FUNCTION(ALLIANCE_DISCARD, effect_alliance_discard) \
	EFFECT_FUNCTION(ENDORSEMENT_CANCEL, effect_endorsement_cancel) \
	EFFECT_FUNCTION(ENDORSEMENT_MARK_OVERDUE, effect_endorsement_mark_overdue) \
	EFFECT_FUNCTION(ACCEPTANCE_RECORD, effect_acceptance_record) \
	EFFECT_FUNCTION(CORRECTION_RECORD, effect_correction_record) \
	EFFECT_FUNCTION(ENDORSEMENT_SUPERSEDE, effect_endorsement_supersede) \
	EFFECT_FUNCTION(RECTIFICATION_RECORD, effect_rectification_record) \
	EFFECT_FUNCTION(ROUND_ADVANCE, effect_round_advance) \
	EFFECT_FUNCTION(DOCUMENT_SUBJECT_ADD, effect_document_subject_add) \
	EFFECT_FUNCTION(NOTIFY_LEADER, effect_notify_leader) \
	EFFECT_FUNCTION(DOCUMENT_SUBJECT_REMOVE, effect_document_subject_remove) \
	EFFECT_FUNCTION(ALLIANCE_RECOGNISE, effect_alliance_recognise) \
	EFFECT_FUNCTION(PANEL_VOID, effect_panel_void) \
	EFFECT_FUNCTION(NOTIFY_RECOMMENDER, effect_notify_recommender) \
	EFFECT_FUNCTION(APPLICATION_ENDORSE, effect_application_endorse) \
	EFFECT_FUNCTION(APPLICATION_RETURN, effect_application_return) \
	EFFECT_FUNCTION(APPLICATION_DECLINE, effect_application_decline) \
	EFFECT_FUNCTION(PANEL_FREEZE, effect_panel_freeze) \
	EFFECT_FUNCTION(APPLICATION_START_EVALUATION, effect_application_start_evaluation) \
	EFFECT_FUNCTION(NOTIFY_EXPERTS, effect_notify_experts) \
	EFFECT_FUNCTION(PANEL_AGGREGATE, effect_panel_aggregate) \
	EFFECT_FUNCTION(NOTIFY_CHAIR, effect_notify_chair) \
	EFFECT_FUNCTION(PANEL_CHAIR_SET, effect_panel_chair_set) \
	EFFECT_FUNCTION(APPLICATION_PANEL_CONCLUDED, effect_application_panel_concluded) \
	EFFECT_FUNCTION(APPLICATION_PANEL_VOIDED, effect_application_panel_voided) \
	EFFECT_FUNCTION(NOTIFY_EXPERT, effect_notify_expert) \
	EFFECT_FUNCTION(SHEET_DECLARE, effect_sheet_declare) \
	EFFECT_FUNCTION(SHEET_SCORES_STORE, effect_sheet_scores_store) \
	EFFECT_FUNCTION(SHEET_FREEZE, effect_sheet_freeze) \
	EFFECT_FUNCTION(SUBJECTS_APPROVE, effect_subjects_approve) \
	EFFECT_FUNCTION(DOCUMENT_ISSUE, effect_document_issue) \
	EFFECT_FUNCTION(SUBJECTS_ISSUE, effect_subjects_issue) \
	EFFECT_FUNCTION(SUBJECTS_RECALL, effect_subjects_recall) \
	EFFECT_FUNCTION(TERM_START, effect_term_start) \
	EFFECT_FUNCTION(AWARD_PROPOSE, effect_award_propose) \
	EFFECT_FUNCTION(NOTIFY_HOST, effect_notify_host) \
	EFFECT_FUNCTION(EXPERT_VALIDITY, effect_expert_validity) \
	EFFECT_FUNCTION(EXPERT_LEAVES_PANELS, effect_expert_leaves_panels) \
	EFFECT_FUNCTION(JOURNAL_BUDGET, effect_journal_budget) \
	EFFECT_FUNCTION(AWARD_COMMIT, effect_award_commit) \
	EFFECT_FUNCTION(JOURNAL_DECOMMIT, effect_journal_decommit) \
	EFFECT_FUNCTION(NOTIFY_FINANCE, effect_notify_finance) \
	EFFECT_FUNCTION(PAYMENT_CONFIRM, effect_payment_confirm) \
	EFFECT_FUNCTION(JOURNAL_DISBURSE, effect_journal_disburse) \
	EFFECT_FUNCTION(AWARD_PAID, effect_award_paid) \
	EFFECT_FUNCTION(JOURNAL_REVERSAL, effect_journal_reversal) \
	EFFECT_FUNCTION(AWARD_PAYMENT_REVERSED, effect_award_payment_reversed)
/* clang-format on */

typedef struct problem *effect_fn(struct request *rq, struct subject *subject,
				  const struct lifecycle_row *row, const json_t *input);

#define EFFECT_DECLARE(name, function) effect_fn function;
EFFECT_FUNCTIONS(EFFECT_DECLARE)
#undef EFFECT_DECLARE

#endif
