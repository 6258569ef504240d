// The peer in Go: net/http, encoding/json and pgx, one handler for each workload of make bench. It runs the statements that the
// service runs (the plans that the harness has recorded) and answers the same JSON; no authentication, no checks, no log.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

type step struct {
	Name       string
	SQL        string
	Generic    bool
	Parameters [][][2]string
}

type plans struct {
	Status, List, Funding, Transition, Write, Export []step
	Labels                                           map[string]map[string]string
	Now, Account                                     string
	Limit                                            int
}

var (
	plan plans
	pool *pgxpool.Pool
	// for statements that are planned once for all values
	generic *pgxpool.Pool
	// for the export, which the service has planned for its values
	custom *pgxpool.Pool
	zone   = time.FixedZone("", 8*3600)
)

func bind(one step, variables map[string]string) []interface{} {
	values := make([]interface{}, len(one.Parameters))
	for i, pieces := range one.Parameters {
		if pieces == nil {
			continue
		}
		if len(pieces) == 1 {
			values[i] = piece(pieces[0], variables)
			continue
		}
		var text strings.Builder
		for _, part := range pieces {
			text.WriteString(piece(part, variables))
		}
		values[i] = text.String()
	}
	return values
}

func piece(part [2]string, variables map[string]string) string {
	if part[0] == "variable" {
		return variables[part[1]]
	}
	return part[1]
}

func day(value *time.Time) *string {
	if value == nil {
		return nil
	}
	text := value.Format("2006-01-02")
	return &text
}

func instant(value time.Time) string {
	return value.In(zone).Format("2006-01-02T15:04:05.000-07:00")
}

func reply(w http.ResponseWriter, status int, value interface{}, err error) {
	if err == pgx.ErrNoRows {
		http.Error(w, "not found", 404)
		return
	}
	if err != nil {
		log.Print(err)
		http.Error(w, err.Error(), 500)
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), 500)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text)
}

// ---- reads ----

type deadline struct {
	Kind     string  `json:"kind"`
	DueOn    *string `json:"due_on,omitempty"`
	DaysLeft *int    `json:"days_left,omitempty"`
}

type statusCard struct {
	ID               string   `json:"id"`
	Number           *string  `json:"number,omitempty"`
	Name             string   `json:"name"`
	Status           string   `json:"status"`
	StatusLabel      string   `json:"status_label"`
	Qualified        *bool    `json:"qualified,omitempty"`
	RecognisedOn     *string  `json:"recognised_on,omitempty"`
	DueOn            *string  `json:"due_on,omitempty"`
	SubmitDeadlineOn *string  `json:"submit_deadline_on,omitempty"`
	DocumentNo       *string  `json:"document_no,omitempty"`
	NextDeadline     deadline `json:"next_deadline"`
	Version          int64    `json:"version"`
}

func status(w http.ResponseWriter, r *http.Request, id string) {
	var card statusCard
	var recognised, due, submit, nextDue *time.Time
	one := plan.Status[0]
	err := pool.QueryRow(r.Context(), one.SQL, bind(one, map[string]string{"id": id})...).Scan(&card.ID, &card.Number, &card.Name, &card.Status,
		&card.Qualified, &recognised, &due, &submit, &card.DocumentNo, &card.NextDeadline.Kind, &nextDue, &card.NextDeadline.DaysLeft, &card.Version)
	card.StatusLabel = plan.Labels["statuses"][card.Status]
	card.RecognisedOn, card.DueOn, card.SubmitDeadlineOn, card.NextDeadline.DueOn = day(recognised), day(due), day(submit), day(nextDue)
	reply(w, 200, &card, err)
}

type named struct {
	Name *string `json:"name,omitempty"`
}

type listItem struct {
	ID                 string  `json:"id"`
	Number             *string `json:"number,omitempty"`
	Name               string  `json:"name"`
	IndustryField      *string `json:"industry_field,omitempty"`
	IndustryClass      *string `json:"industry_class,omitempty"`
	IndustryClassLabel string  `json:"industry_class_label,omitempty"`
	DivisionCode       *string `json:"division_code,omitempty"`
	DivisionName       *string `json:"division_name,omitempty"`
	Lead               named   `json:"lead"`
	Recommender        named   `json:"recommender"`
	Status             string  `json:"status"`
	StatusLabel        string  `json:"status_label"`
	Qualified          *bool   `json:"qualified,omitempty"`
	RecognisedOn       *string `json:"recognised_on,omitempty"`
	DueOn              *string `json:"due_on,omitempty"`
	DocumentNo         *string `json:"document_no,omitempty"`
	Version            int64   `json:"version"`
}

type page struct {
	Next  *string `json:"next"`
	Limit int     `json:"limit"`
}

func list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	cursor, _ := base64.URLEncoding.DecodeString(query.Get("cursor"))
	variables := map[string]string{"field": query.Get("industry_field")}
	if position := strings.SplitN(string(cursor), ",", 2); len(position) == 2 {
		variables["key"], variables["id"] = position[0], position[1]
	}
	one := plan.List[0]
	rows, err := pool.Query(r.Context(), one.SQL, bind(one, variables)...)
	if err != nil {
		reply(w, 500, nil, err)
		return
	}
	defer rows.Close()
	items := make([]listItem, 0, plan.Limit+1)
	var key, id string
	for rows.Next() {
		var item listItem
		var recognised, due *time.Time
		var nextKey, nextID string
		if err = rows.Scan(&item.ID, &item.Number, &item.Name, &item.IndustryField, &item.IndustryClass, &item.DivisionCode, &item.DivisionName,
			&item.Lead.Name, &item.Recommender.Name, &item.Status, &item.Qualified, &recognised, &due, &item.DocumentNo, &item.Version,
			&nextKey, &nextID); err != nil {
			break
		}
		if len(items) < plan.Limit {
			key, id = nextKey, nextID
		}
		item.RecognisedOn, item.DueOn = day(recognised), day(due)
		item.StatusLabel = plan.Labels["statuses"][item.Status]
		if item.IndustryClass != nil {
			item.IndustryClassLabel = plan.Labels["industry_classes"][*item.IndustryClass]
		}
		items = append(items, item)
	}
	if err == nil {
		err = rows.Err()
	}
	answer := struct {
		Items []listItem `json:"items"`
		Page  page       `json:"page"`
	}{items, page{Limit: plan.Limit}}
	if len(items) > plan.Limit {
		next := "/v1/alliances?cursor=" + base64.URLEncoding.EncodeToString([]byte(key+","+id))
		answer.Items, answer.Page.Next = items[:plan.Limit], &next
	}
	reply(w, 200, &answer, err)
}

type money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

func fen(value int64) money {
	sign := ""
	if value < 0 {
		sign, value = "-", -value
	}
	return money{fmt.Sprintf("%s%d.%02d", sign, value/100, value%100), "CNY"}
}

type awardRef struct {
	ID     string  `json:"id"`
	Number *string `json:"number,omitempty"`
	Kind   *string `json:"kind,omitempty"`
	Status *string `json:"status,omitempty"`
}

type allianceRef struct {
	ID     string  `json:"id"`
	Number *string `json:"number,omitempty"`
	Name   *string `json:"name,omitempty"`
}

type payeeRef struct {
	ID         string  `json:"id"`
	Name       *string `json:"name,omitempty"`
	CreditCode *string `json:"credit_code,omitempty"`
}

type fundingItem struct {
	ID            string       `json:"id"`
	EntryNo       int64        `json:"entry_no"`
	Kind          string       `json:"kind"`
	KindLabel     string       `json:"kind_label"`
	BookedOn      string       `json:"booked_on"`
	FiscalYear    *int         `json:"fiscal_year,omitempty"`
	Amount        money        `json:"amount"`
	Award         *awardRef    `json:"award,omitempty"`
	Alliance      *allianceRef `json:"alliance,omitempty"`
	Payee         *payeeRef    `json:"payee,omitempty"`
	DocumentNo    *string      `json:"document_no,omitempty"`
	PaymentNumber *string      `json:"payment_number,omitempty"`
	BankReference *string      `json:"bank_reference,omitempty"`
	Maker         *string      `json:"maker,omitempty"`
	Checker       *string      `json:"checker,omitempty"`
	Reverses      *int64       `json:"reverses,omitempty"`
	Reason        *string      `json:"reason,omitempty"`
}

func funding(w http.ResponseWriter, r *http.Request) {
	variables := map[string]string{"id": r.URL.Query().Get("alliance")}
	totals := "null" // of all records, in the first row
	items := make([]fundingItem, 0, plan.Limit+1)
	for _, one := range plan.Funding {
		from := pool
		if one.Generic {
			from = generic
		}
		rows, err := from.Query(r.Context(), one.SQL, bind(one, variables)...)
		for err == nil && rows.Next() {
			var item fundingItem
			var key, id string
			var booked time.Time
			var amount int64
			var awardID, allianceID, payeeID, sums *string
			var award awardRef
			var alliance allianceRef
			var payee payeeRef
			err = rows.Scan(&key, &id, &item.ID, &item.EntryNo, &item.Kind, &booked, &item.FiscalYear, &amount, &awardID, &award.Number,
				&award.Kind, &award.Status, &allianceID, &alliance.Number, &alliance.Name, &payeeID, &payee.Name, &payee.CreditCode,
				&item.DocumentNo, &item.PaymentNumber, &item.BankReference, &item.Maker, &item.Checker, &item.Reverses, &item.Reason, &sums)
			if sums != nil {
				totals = *sums
			}
			if awardID != nil {
				award.ID = *awardID
				item.Award = &award
			}
			if allianceID != nil {
				alliance.ID = *allianceID
				item.Alliance = &alliance
			}
			if payeeID != nil {
				payee.ID = *payeeID
				item.Payee = &payee
			}
			item.BookedOn, item.Amount, item.KindLabel = booked.Format("2006-01-02"), fen(amount), plan.Labels["funding_record_kinds"][item.Kind]
			items = append(items, item)
		}
		if err == nil {
			rows.Close()
			err = rows.Err()
		}
		if err != nil {
			reply(w, 500, nil, err)
			return
		}
	}
	reply(w, 200, struct {
		Items  []fundingItem   `json:"items"`
		Page   page            `json:"page"`
		Totals json.RawMessage `json:"totals"`
	}{items, page{Limit: plan.Limit}, json.RawMessage(totals)}, nil)
}

// ---- writes ----

func requestID() string {
	var bytes [16]byte
	rand.Read(bytes[:])
	return hex.EncodeToString(bytes[:])
}

// run does every statement of a plan in one transaction; each row is handed to the handler of its statement.
func run(ctx context.Context, steps []step, variables map[string]string, row func(name string, rows pgx.Rows) error) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	for _, one := range steps {
		rows, err := tx.Query(ctx, one.SQL, bind(one, variables)...)
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := row(one.Name, rows); err != nil {
				rows.Close()
				return err
			}
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}

type transitionReply struct {
	Machine   string `json:"machine"`
	Action    string `json:"action"`
	From      string `json:"from"`
	To        string `json:"to"`
	ToLabel   string `json:"to_label"`
	At        string `json:"at"`
	Role      string `json:"role"`
	Account   string `json:"account"`
	Reason    string `json:"reason"`
	Articles  string `json:"articles"`
	RequestID string `json:"request_id"`
	Version   int64  `json:"version"`
}

func transition(w http.ResponseWriter, r *http.Request, id string) {
	var body struct{ Action, Comment string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	answer := transitionReply{Machine: "EXP", Action: body.Action, From: "active", To: "suspended", ToLabel: plan.Labels["statuses"]["suspended"],
		At: plan.Now, Role: "officer", Account: plan.Account, Reason: body.Comment, Articles: "13,17", RequestID: requestID()}
	variables := map[string]string{"id": id, "key": r.Header.Get("Idempotency-Key"), "request_id": answer.RequestID, "comment": body.Comment}
	err := run(r.Context(), plan.Transition, variables, func(name string, rows pgx.Rows) error {
		if name == "expert_move" {
			return rows.Scan(&answer.Version)
		}
		return nil
	})
	reply(w, 201, &answer, err)
}

type organisation struct {
	ID                     string   `json:"id"`
	CreditCode             string   `json:"credit_code"`
	CreditCodeWaived       bool     `json:"credit_code_waived"`
	LegacyCode             *string  `json:"legacy_code,omitempty"`
	Name                   string   `json:"name"`
	Type                   string   `json:"type"`
	TypeLabel              string   `json:"type_label"`
	DivisionCode           string   `json:"division_code"`
	AdministeringUnit      *unitRef `json:"administering_unit,omitempty"`
	IndependentLegalPerson bool     `json:"independent_legal_person"`
	LegalRepresentative    string   `json:"legal_representative"`
	Address                *string  `json:"address,omitempty"`
	RegisteredCapital      *money   `json:"registered_capital,omitempty"`
	FoundedOn              *string  `json:"founded_on,omitempty"`
	IsFictitious           bool     `json:"is_fictitious"`
	Version                int64    `json:"version"`
	CreatedAt              string   `json:"created_at"`
	UpdatedAt              string   `json:"updated_at"`
}

type unitRef struct {
	ID   string  `json:"id"`
	Name *string `json:"name,omitempty"`
}

func organisationRow(rows pgx.Rows) (*organisation, error) {
	var o organisation
	var unitID, unitName, waivers, reach *string
	var capital *int64
	var founded *time.Time
	var created, updated time.Time
	err := rows.Scan(&o.ID, &o.CreditCode, &o.CreditCodeWaived, &o.LegacyCode, &o.Name, &o.Type, &o.DivisionCode, &unitID, &unitName,
		&o.IndependentLegalPerson, &o.LegalRepresentative, &o.Address, &capital, &founded, &o.IsFictitious, &o.Version, &created, &updated,
		&waivers, &reach)
	if unitID != nil {
		o.AdministeringUnit = &unitRef{*unitID, unitName}
	}
	if capital != nil {
		amount := fen(*capital)
		o.RegisteredCapital = &amount
	}
	o.TypeLabel, o.FoundedOn = plan.Labels["organisation_types"][o.Type], day(founded)
	o.CreatedAt, o.UpdatedAt = instant(created), instant(updated)
	return &o, err
}

func write(w http.ResponseWriter, r *http.Request, id string) {
	var body struct{ Address string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	var answer *organisation
	variables := map[string]string{"id": id, "request_id": requestID(), "address": body.Address}
	err := run(r.Context(), plan.Write, variables, func(name string, rows pgx.Rows) (err error) {
		if name == "organisation_get" {
			answer, err = organisationRow(rows)
		}
		return err
	})
	reply(w, 200, answer, err)
}

// ---- export ----

type exportRow struct {
	EntryNo         int64   `json:"entry_no"`
	ID              string  `json:"id"`
	Kind            string  `json:"kind"`
	BookedOn        string  `json:"booked_on"`
	FiscalYear      *int    `json:"fiscal_year,omitempty"`
	Amount          *string `json:"amount,omitempty"`
	Currency        *string `json:"currency,omitempty"`
	AwardNumber     *string `json:"award_number,omitempty"`
	AwardKind       *string `json:"award_kind,omitempty"`
	AwardStatus     *string `json:"award_status,omitempty"`
	AllianceNumber  *string `json:"alliance_number,omitempty"`
	AllianceName    *string `json:"alliance_name,omitempty"`
	PayeeName       *string `json:"payee_name,omitempty"`
	PayeeCreditCode *string `json:"payee_credit_code,omitempty"`
	DocumentNo      *string `json:"document_no,omitempty"`
	PaymentNumber   *string `json:"payment_number,omitempty"`
	BankReference   *string `json:"bank_reference,omitempty"`
	Maker           *string `json:"maker,omitempty"`
	Checker         *string `json:"checker,omitempty"`
	Reverses        *int64  `json:"reverses,omitempty"`
	Reason          *string `json:"reason,omitempty"`
}

func (row *exportRow) fields(target []string) {
	text := func(value *string) string {
		if value == nil {
			return ""
		}
		return *value
	}
	target[0], target[1], target[2], target[3], target[4] = fmt.Sprint(row.EntryNo), row.ID, row.Kind, row.BookedOn, ""
	if row.FiscalYear != nil {
		target[4] = fmt.Sprint(*row.FiscalYear)
	}
	for i, value := range []*string{row.Amount, row.Currency, row.AwardNumber, row.AwardKind, row.AwardStatus, row.AllianceNumber, row.AllianceName,
		row.PayeeName, row.PayeeCreditCode, row.DocumentNo, row.PaymentNumber, row.BankReference, row.Maker, row.Checker, nil, row.Reason} {
		target[5+i] = text(value)
	}
	if row.Reverses != nil {
		target[19] = fmt.Sprint(*row.Reverses)
	}
}

func export(w http.ResponseWriter, r *http.Request) {
	one := plan.Export[0]
	rows, err := custom.Query(r.Context(), one.SQL, bind(one, nil)...)
	if err != nil {
		reply(w, 500, nil, err)
		return
	}
	defer rows.Close()
	asCSV := r.Header.Get("Accept") == "text/csv"
	encoder, writer := json.NewEncoder(w), csv.NewWriter(w)
	encoder.SetEscapeHTML(false)
	record := make([]string, 21)
	if asCSV {
		for i, field := range rows.FieldDescriptions() {
			record[i] = string(field.Name)
		}
		writer.Write(record)
	}
	for rows.Next() {
		var row exportRow
		var booked time.Time
		if err := rows.Scan(&row.EntryNo, &row.ID, &row.Kind, &booked, &row.FiscalYear, &row.Amount, &row.Currency, &row.AwardNumber, &row.AwardKind,
			&row.AwardStatus, &row.AllianceNumber, &row.AllianceName, &row.PayeeName, &row.PayeeCreditCode, &row.DocumentNo, &row.PaymentNumber,
			&row.BankReference, &row.Maker, &row.Checker, &row.Reverses, &row.Reason); err != nil {
			panic(http.ErrAbortHandler)
		}
		row.BookedOn = booked.Format("2006-01-02")
		if asCSV {
			row.fields(record)
			writer.Write(record)
		} else {
			encoder.Encode(&row)
		}
	}
	writer.Flush()
	if rows.Err() != nil {
		log.Print(rows.Err())
		panic(http.ErrAbortHandler)
	}
}

func route(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/ready":
		w.WriteHeader(200)
	case len(parts) == 4 && parts[1] == "alliances" && parts[3] == "status":
		status(w, r, parts[2])
	case len(parts) == 2 && parts[1] == "alliances":
		list(w, r)
	case len(parts) == 2 && parts[1] == "funding-records" && (r.Header.Get("Accept") == "text/csv" || r.Header.Get("Accept") == "application/x-ndjson"):
		export(w, r)
	case len(parts) == 2 && parts[1] == "funding-records":
		funding(w, r)
	case len(parts) == 4 && parts[1] == "experts" && r.Method == "POST":
		transition(w, r, parts[2])
	case len(parts) == 3 && parts[1] == "organisations" && r.Method == "PATCH":
		write(w, r, parts[2])
	default:
		http.NotFound(w, r)
	}
}

func main() {
	text, err := os.ReadFile(os.Getenv("BENCH_PLANS"))
	if err == nil {
		err = json.Unmarshal(text, &plan)
	}
	database := fmt.Sprintf("host=%s user=%s dbname=%s TimeZone=Asia/Shanghai pool_max_conns=%s",
		os.Getenv("BENCH_SOCKET"), os.Getenv("BENCH_USER"), os.Getenv("BENCH_DATABASE"), os.Getenv("BENCH_POOL"))
	if err == nil {
		pool, err = pgxpool.Connect(context.Background(), database+" pool_min_conns="+os.Getenv("BENCH_POOL"))
	}
	if err == nil {
		generic, err = pgxpool.Connect(context.Background(), database+" plan_cache_mode=force_generic_plan")
	}
	if err == nil {
		custom, err = pgxpool.Connect(context.Background(), database+" plan_cache_mode=force_custom_plan")
	}
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("BENCH_PORT"), http.HandlerFunc(route)))
}
