-- :one
-- the opinions of recommending units are counted apart: an applicant's files leave them room
select count(*) as attachments, coalesce(sum(bytes), 0)::bigint as bytes
  from attachment
 where subject_kind = $1 and subject_id = $2::uuid and discarded_at is null
   and (kind = 'recommender_opinion') = ($3 = 'recommender_opinion')
